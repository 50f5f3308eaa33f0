import { loadConfig } from '../../config/load.ts';
import { findOverrides } from '../../config/overrides.ts';
import type { Config } from '../../config/schema.ts';
import { isRefusal, KnownError, nameCause } from '../../errors.ts';
import { printText, type Shell } from '../../shell.ts';
import { createProgress } from '../../sync/progress.ts';
import { createLocalManager, type Manager } from '../../wazuh/manager.ts';
import { insist } from './guards.ts';
import { dryRun, refresh } from './refresh.ts';
import { createStepTracker, type StepTracker } from './state.ts';
import { formatDryRun, formatRefresh } from './summary.ts';
import { reportFailure, reportSuccess } from './tell.ts';

export interface RefreshArguments {
  readonly config?: string | undefined;
  readonly force: boolean;
  /** The folder of a dry run; true: one of the usual name. */
  readonly dryRun?: string | true | undefined;
  /** Prints the lines that are added and removed. */
  readonly values: boolean;
  readonly signal: AbortSignal;
}

const usualFolder = 'opencti-wazuh-dry-run';

export async function runRefresh(options: RefreshArguments, { stdout, stderr, env }: Shell): Promise<void> {
  const progress = createProgress(stderr, { quiet: true });
  let isVerbose = false;
  const tracker = createStepTracker((step) => {
    if (isVerbose) progress.note(`step ${step}`);
  });
  // The home is known even without the configuration: a typo in it has to raise an alert, too.
  let home = env.WAZUH_HOME ?? '/var/ossec';
  let manager: Manager = createLocalManager({ home, user: null, restart: false });
  let config: Config | null = null;
  const isDry = options.dryRun !== undefined;
  try {
    config = await tracker.step('config', () => loadConfig({ file: options.config, environment: env }));
    for (const warning of config.warnings) progress.note(warning);
    home = config.wazuh.home;
    manager = createLocalManager(config.wazuh);
    for (const { text, isWritten } of findOverrides({ file: options.config, environment: env }))
      if (isWritten)
        progress.note(
          `${text}: the environment of this shell has priority here, and the schedule uses only the file`,
        );
    isVerbose = config.log.level === 'debug';
    const { force, signal, values } = options;
    const work = { config, manager, force, progress, tracker, now: new Date(), signal };
    if (options.dryRun !== undefined) {
      const folder = options.dryRun === true ? usualFolder : options.dryRun;
      const dry = await dryRun(work, folder);
      printText(stdout, formatDryRun(dry, values));
      insist(dry.objection);
      return;
    }
    const done = await refresh(work);
    printText(stdout, formatRefresh(done, { home, showValues: values }));
    for (const note of reportSuccess(config, done)) progress.note(note);
  } catch (error) {
    const known = toKnown(error, tracker);
    if (!isDry)
      for (const note of await reportFailure({ home, config, manager }, tracker.current, known))
        progress.note(note);
    throw known;
  }
}

/** An error of the system is no defect of this tool; any other error without a message of its own is one. */
function toKnown(error: unknown, { current }: StepTracker): unknown {
  if (!isRefusal(error)) return error;
  const cause = `${nameCause(error)}${error.path ? ` at ${error.path}` : ''}`;
  const message = `step ${current} failed: ${cause}; what was there before is unchanged`;
  return new KnownError(message, { cause: error });
}
