import { loadConfig } from '../../config/load.ts';
import type { Config } from '../../config/schema.ts';
import { KnownError } from '../../errors.ts';
import { preflight } from '../../opencti/platform.ts';
import { printText, type Shell } from '../../shell.ts';
import { connect } from '../../sync/connect.ts';
import { toSelectionOptions } from '../../sync/filters.ts';
import { createProgress, type Progress } from '../../sync/progress.ts';
import { toPlainJson } from '../../text.ts';
import { type DetectionFolder, openDetectionFolder } from '../../wazuh/detection-folder.ts';
import { explainText } from './explanation.ts';
import { formatExplanation } from './format.ts';
import { createIdFinder, createLiveSource, createOfflineSource, type DecisionSource } from './sources.ts';
import type { Explanation } from './steps.ts';

export interface ExplainArguments {
  readonly value: string;
  readonly from?: string | undefined;
  readonly config?: string | undefined;
  readonly offline: boolean;
  readonly json: boolean;
  readonly signal: AbortSignal;
}

/** Exit code 0: the value is in; 1: it is not. */
export async function runExplain(
  { value, from, config: file, offline, json, signal }: ExplainArguments,
  { stdout, stderr, env }: Shell,
): Promise<0 | 1> {
  const config = loadConfig({ file, environment: env });
  const home = from ?? config.wazuh.home;
  const folder = openFolder(home, from !== undefined, config);
  const progress = createProgress(stderr);
  const explain = (source: DecisionSource) => explainText(value, source, folder, config);
  const explanations = offline
    ? await explain(await createOfflineSource(home, folder, config, progress.note))
    : await withOpenCti({ config, home, folder, signal, progress }, explain);
  const format = json ? (each: Explanation) => toPlainJson(each) : formatExplanation;
  printText(stdout, explanations.map(format).join('\n'));
  return explanations.some(({ decision }) => decision === 'in') ? 0 : 1;
}

/** A machine without a manager can also run this: then there are no lists. */
function openFolder(home: string, wasNamed: boolean, { customFields }: Config): DetectionFolder | null {
  try {
    return openDetectionFolder(home, customFields);
  } catch (error) {
    if (wasNamed || !(error instanceof KnownError)) throw error;
    return null;
  }
}

interface Asking {
  readonly config: Config;
  readonly home: string;
  readonly folder: DetectionFolder | null;
  readonly signal: AbortSignal;
  readonly progress: Progress;
}

async function withOpenCti(
  { config, home, folder, signal, progress }: Asking,
  explain: (source: DecisionSource) => Promise<Explanation[]>,
): Promise<Explanation[]> {
  const client = connect(config.opencti, progress, signal);
  try {
    const platform = await preflight(client);
    const selection = await toSelectionOptions(client, config, new Date(), progress.note);
    const findIds = createIdFinder(home, folder);
    return await explain(createLiveSource({ client, platform, config, selection, findIds }));
  } finally {
    client.close();
  }
}
