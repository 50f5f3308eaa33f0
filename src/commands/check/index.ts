import { asManager, loadConfig } from '../../config/load.ts';
import { findOverrides } from '../../config/overrides.ts';
import type { Config } from '../../config/schema.ts';
import { codeOf, isForbidden, KnownError, messageOf } from '../../errors.ts';
import { type Environment, printText, type Shell } from '../../shell.ts';
import { formatUnits, toPlainJson } from '../../text.ts';
import { checkAccess, checkEnvironment, checkFolders, checkNamedFiles, checkNode } from './access.ts';
import { checkAlerts, checkBlock, checkEngine, checkIntegratord, checkScript } from './integration.ts';
import { checkDeclared, checkFreshness, checkHashes, checkLists } from './lists.ts';
import { checkOpenCti } from './platform.ts';
import { checkRules } from './rules.ts';
import { checkSchedule } from './schedule.ts';
import { type CheckLine, createFollowing, fail, ok, openSite, orOk, type Site, warn } from './site.ts';
import { checkSources } from './sources.ts';

export interface CheckArguments {
  readonly config?: string | undefined;
  readonly etc: string;
  readonly json: boolean;
}

/** Exit code 0: no problem, though there may be warnings; 1: at least one. */
export async function runCheck(
  { config, etc, json }: CheckArguments,
  { stdout, env }: Shell,
): Promise<0 | 1> {
  const lines: CheckLine[] = [];
  for await (const line of runChecks({ config, etc, environment: env })) {
    lines.push(line);
    if (!json && line.follows === undefined) printText(stdout, formatLine(line));
  }
  printText(stdout, json ? toPlainJson(lines) : `\n${formatCounts(lines)}`);
  return lines.some(({ state }) => state === 'problem') ? 1 : 0;
}

const marks = {
  ok: 'ok     ',
  warning: 'WARNING',
  problem: 'PROBLEM',
  'not-looked': '?      ',
} as const satisfies Record<CheckLine['state'], string>;

/**
 * The width of the subjects. Each line is printed as soon as it is known, so this is the longest of all: `integratord`
 * and `integration`.
 */
const width = 11;
const indent = ' '.repeat(width + 11);

function formatLine({ state, subject, text, next }: CheckLine): string {
  const line = `${marks[state]}  ${subject.padEnd(width)}  ${text.replaceAll('\n', `\n${indent}`)}`;
  return next === null ? line : `${line}\n${indent}next: ${next}`;
}

/** `1 problem and 22 lines that follow from it, 0 warnings, 14 ok`. */
function formatCounts(lines: readonly CheckLine[]): string {
  const own = lines.filter(({ follows }) => follows === undefined);
  const count = (state: CheckLine['state']) => own.filter((line) => line.state === state).length;
  const following = lines.length - own.length;
  const closed = count('not-looked');
  return [
    `${formatUnits(count('problem'), 'problem')}, ${formatUnits(count('warning'), 'warning')}, ${count('ok')} ok`,
    ...(following > 0 ? [`and ${following} that have one of the causes above and end with it`] : []),
    ...(closed > 0 ? [`${closed} not checked (marked with ?, with the reason)`] : []),
  ].join('\n');
}

type Check = (site: Site) => readonly CheckLine[] | Promise<readonly CheckLine[]>;

/** The checks, in the order of the steps of a match. */
const checks: readonly Check[] = [
  checkAccess,
  checkNamedFiles,
  checkFolders,
  checkOpenCti,
  checkEngine,
  checkEnvironment,
  checkDeclared,
  checkLists,
  checkFreshness,
  checkRules,
  checkSources,
  checkHashes,
  checkAlerts,
  checkBlock,
  checkScript,
  checkIntegratord,
  checkNode,
  checkSchedule,
];

export interface CheckOptions {
  readonly config?: string | undefined;
  readonly etc: string;
  readonly environment: Environment;
}

/**
 * Runs all checks, and returns each line as soon as it is known; a check that cannot be done does not prevent the
 * others. It changes nothing.
 */
async function* runChecks(options: CheckOptions): AsyncGenerator<CheckLine> {
  const follow = createFollowing();
  for await (const line of findLines(options)) yield follow(line);
}

async function* findLines({ config: file, etc, environment }: CheckOptions): AsyncGenerator<CheckLine> {
  let config: Config;
  try {
    config = loadConfig({ file, environment });
  } catch (error) {
    const next = isClosed(error) ? asManager : 'correct it, and run opencti-wazuh check again';
    yield fail('config', toSentence(error), next);
    return;
  }
  for (const warning of config.warnings) yield ok('config', warning);
  yield* checkOverrides(file, environment);
  let site: Site;
  try {
    site = openSite(config, etc, environment);
  } catch (error) {
    yield fail('manager', toSentence(error), 'run opencti-wazuh check again with that in order');
    return;
  }
  for (const check of checks) yield* await runSafely(check, site);
}

/** Compares the environment with the configuration: the shell of a person may have other settings than the schedule. */
function checkOverrides(file: string | undefined, environment: Environment): readonly CheckLine[] {
  const findings = findOverrides({ file, environment })
    .filter(({ isWritten }) => isWritten)
    .map(({ text }) =>
      warn(
        'config',
        `${text}: the environment of this shell has priority here, and the schedule uses only the file`,
        'unset the variables, or run opencti-wazuh install --replace, which writes them into the file',
      ),
    );
  return orOk(findings, 'config', 'it is read without a fault');
}

async function runSafely(check: Check, site: Site): Promise<readonly CheckLine[]> {
  try {
    return await check(site);
  } catch (error) {
    return [fail('check', `this could not be checked: ${toSentence(error)}`, 'run it as root')];
  }
}

/** Returns whether this user has no access. */
function isClosed(error: unknown): boolean {
  return error instanceof KnownError && isForbidden(error.cause);
}

/** Turns an error into a finding. @throws the error itself when it is a defect of ours. */
function toSentence(error: unknown): string {
  if (error instanceof KnownError || codeOf(error) !== undefined) return messageOf(error);
  throw error;
}
