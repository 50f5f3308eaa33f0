import { asManager, loadConfig } from '../config/load.ts';
import { findOverrides } from '../config/overrides.ts';
import type { Config } from '../config/schema.ts';
import { codeOf, KnownError } from '../errors.ts';
import type { Environment } from '../shell.ts';
import { checkAccess, checkNamedFiles } from './check-access.ts';
import { checkEnvironment } from './check-environment.ts';
import { checkFolders } from './check-folders.ts';
import { checkHashes } from './check-hashes.ts';
import { checkBlock, checkScript } from './check-integration.ts';
import { checkDeclared, checkFreshness, checkLists } from './check-lists.ts';
import { checkNode } from './check-node.ts';
import { checkOpenCti } from './check-opencti.ts';
import { checkEngine, checkIntegratord } from './check-processes.ts';
import { checkRules } from './check-rules.ts';
import { checkSchedule } from './check-schedule.ts';
import { checkAlerts } from './check-settings.ts';
import { createFollowing } from './follow.ts';
import { type CheckLine, fail, ok, orOk, warn } from './line.ts';
import { openSite, type Site } from './site.ts';

type Check = (site: Site) => readonly CheckLine[] | Promise<readonly CheckLine[]>;

/** In the order in which a match goes through them. */
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
 * Looks at everything, and gives each line as soon as it is known; one thing that cannot be looked at keeps no other from
 * it. Changes nothing.
 */
export async function* runChecks(options: CheckOptions): AsyncGenerator<CheckLine> {
  const follow = createFollowing();
  for await (const line of findLines(options)) yield follow(line);
}

async function* findLines({ config: file, etc, environment }: CheckOptions): AsyncGenerator<CheckLine> {
  let config: Config;
  try {
    config = loadConfig({ file, environment });
  } catch (error) {
    const next = isClosed(error) ? asManager : 'mend it, and run opencti-wazuh check again';
    yield fail('config', toText(error), next);
    return;
  }
  for (const warning of config.warnings) yield ok('config', warning);
  yield* checkOverrides(file, environment);
  let site: Site;
  try {
    site = openSite(config, etc, environment);
  } catch (error) {
    yield fail('manager', toText(error), 'run opencti-wazuh check again with that in order');
    return;
  }
  for (const check of checks) yield* await runSafely(check, site);
}

/** A person's shell may say something else than what the schedule has. */
function checkOverrides(file: string | undefined, environment: Environment): readonly CheckLine[] {
  const findings = findOverrides({ file, environment })
    .filter(({ isWritten }) => isWritten)
    .map(({ text }) =>
      warn(
        'config',
        `${text}: this shell counts here, and the schedule has the file alone`,
        'unset the variables, or run opencti-wazuh install --replace, which writes them into the file',
      ),
    );
  return orOk(findings, 'config', 'it is read without a fault');
}

async function runSafely(check: Check, site: Site): Promise<readonly CheckLine[]> {
  try {
    return await check(site);
  } catch (error) {
    return [fail('check', `this could not be looked at: ${toText(error)}`, 'run it as root')];
  }
}

/** To this user. */
function isClosed(error: unknown): boolean {
  const code = codeOf((error as Error).cause);
  return code === 'EACCES' || code === 'EPERM';
}

function toText(error: unknown): string {
  const isOfSystem = error instanceof Error && 'code' in error;
  if (error instanceof KnownError || isOfSystem) return (error as Error).message;
  throw error;
}
