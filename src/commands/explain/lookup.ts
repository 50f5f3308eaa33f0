import { statSync } from 'node:fs';
import { KnownError } from '../../errors.ts';
import { type Environment, type Output, printText, type Shell } from '../../shell.ts';
import { toPlainJson } from '../../text.ts';
import { type DetectionFolder, openDetectionFolder } from '../../wazuh/detection-folder.ts';
import { formatAlertResult, formatValueResult } from './format.ts';
import { lookUpValue } from './published.ts';

export interface LookupArguments {
  readonly subject: string;
  readonly from?: string | undefined;
  readonly config?: string | undefined;
  readonly json: boolean;
}

/**
 * Exit code 0: a list or gate has the value, or one of the events would fire an alert rule of ours; 1: none has or does. A
 * file is read as events, anything else is a value.
 */
export async function runLookup(
  { subject, from, config, json }: LookupArguments,
  { stdout, env }: Shell,
): Promise<0 | 1> {
  const isAlert = isAlertFile(subject);
  const folder = await openFolder({ from, config }, env);
  if (isAlert) return await lookUpFile(subject, folder, json, stdout);
  const results = await lookUpValue(subject, folder);
  printText(stdout, json ? toPlainJson(results) : results.map(formatValueResult).join('\n'));
  return results.some(({ lists, gates }) => lists.length + gates.length > 0) ? 0 : 1;
}

async function lookUpFile(
  file: string,
  folder: DetectionFolder,
  json: boolean,
  stdout: Output,
): Promise<0 | 1> {
  const { lookUpAlert, readEventFile } = await import('./events.ts');
  const events = readEventFile(file);
  let isFired = false;
  for (const event of events) {
    const result = await lookUpAlert(event, folder);
    const title = events.length === 1 ? '' : `${event.place}\n`;
    printText(stdout, json ? toPlainJson(result) : title + formatAlertResult(result));
    isFired ||= result.fired !== null;
  }
  return isFired ? 0 : 1;
}

/**
 * Returns whether the subject is a file, by its path or its ending: a value may also be the name of a file in the
 * current folder.
 * @throws KnownError (exit code 2) for the path of a file that does not exist: no value looks like a path.
 */
function isAlertFile(subject: string): boolean {
  if (!/\/|\.json$/.test(subject)) return false;
  if (statSync(subject, { throwIfNoEntry: false })?.isFile()) return true;
  if (!/^\.{0,2}\/|\.json$/.test(subject)) return false;
  throw new KnownError(
    `${subject} is no file: give a value, or the path of a file that holds one alert as logs/alerts/alerts.json has it`,
    { exitCode: 2 },
  );
}

/** With `--from` alone nothing else of this machine is read. */
async function openFolder(
  { from, config }: Pick<LookupArguments, 'from' | 'config'>,
  environment: Environment,
): Promise<DetectionFolder> {
  if (from !== undefined && config === undefined) return openDetectionFolder(from);
  const { loadConfig } = await import('../../config/load.ts');
  const { wazuh, customFields } = loadConfig({ file: config, environment });
  return openDetectionFolder(from ?? wazuh.home, customFields);
}
