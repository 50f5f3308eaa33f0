import { join } from 'node:path';
import { loadConfig } from '../../config/load.ts';
import { withoutAccess } from '../../config/overrides.ts';
import type { Config } from '../../config/schema.ts';
import { KnownError, reportSystemErrors } from '../../errors.ts';
import type { Undo } from '../../files/transaction.ts';
import { settingsFileName } from '../../integration/settings.ts';
import { preflight } from '../../opencti/platform.ts';
import { type Output, printText, type Shell } from '../../shell.ts';
import { connect } from '../../sync/connect.ts';
import { formatUnits, packageRoot, toPlainText } from '../../text.ts';
import type { HeldHome } from '../../wazuh/home.ts';
import { findSeenSources } from '../../wazuh/seen-rows.ts';
import { describeClosed, findClosed } from '../check/access.ts';
import { describeEffects } from '../check/row-effects.ts';
import { findBarrier, type User } from '../check/site.ts';
import { readState, writeState } from '../refresh/state.ts';
import {
  applyChecked,
  formatChanges,
  installAlone,
  reloadEngine,
  restartManager,
  toRestartCommand,
} from './apply.ts';
import { toAccessPaths, toConfigPath } from './configuration.ts';
import { findMachine, type Machine } from './machine.ts';
import { type InstallPlan, planInstall } from './plan.ts';
import { findSchedule, findVersionWithoutReload, type Schedule } from './schedule.ts';

export interface InstallArguments {
  readonly config?: string | undefined;
  readonly dryRun: boolean;
  readonly adopt: boolean;
  readonly restart: boolean;
  /** What to do when environment and configuration differ. */
  readonly keep: boolean;
  readonly replace: boolean;
  /** False: OpenCTI is not asked. */
  readonly probe: boolean;
  readonly schedule?: Schedule | undefined;
  /** The folder of `cron.d`, `systemd` and `logrotate.d`. */
  readonly etc: string;
  readonly signal: AbortSignal;
}

/** Installs everything on the manager of this machine, or nothing. A second run changes nothing. */
export function runInstall(options: InstallArguments, shell: Shell): Promise<void> {
  return reportSystemErrors(() => install(options, shell));
}

async function install(options: InstallArguments, { stdout, stderr, env }: Shell): Promise<void> {
  const { keep, replace } = options;
  if (keep && replace) throw new KnownError('--keep and --replace exclude each other', { exitCode: 2 });
  const decision = keep ? 'keep' : replace ? 'replace' : null;
  const environment = keep ? withoutAccess(env) : env;
  const config = loadConfig({ file: options.config, environment });
  for (const warning of config.warnings) stderr.write(`${toPlainText(warning)}\n`);
  const machine = findMachine(config.wazuh.home, options.etc, config.wazuh.user);
  const schedule = options.schedule ?? findSchedule(machine);
  insistOnReach(machine, schedule);
  const seen = findSeenSources(machine.home);
  const plan = () =>
    planInstall(machine, {
      config,
      configFile: options.config,
      environment,
      adopt: options.adopt,
      decision,
      schedule,
      seen,
    });
  if (options.dryRun) {
    const planned = plan();
    const { changes } = planned;
    printText(
      stdout,
      changes.length === 0
        ? formatNothing(machine, planned)
        : `Would be done in ${machine.home}\n${formatDeeds(machine, planned)}\n\nA dry run: nothing was changed`,
    );
    await probe(machine, planned, options);
    return;
  }
  await installAlone(machine, (home) => apply(machine, home, plan(), { ...options, schedule, stdout }));
}

async function apply(
  machine: Machine,
  home: HeldHome,
  plan: InstallPlan,
  options: InstallArguments & { readonly schedule: Schedule; readonly stdout: Output },
): Promise<void> {
  const { restart, schedule, stdout } = options;
  if (plan.changes.length === 0) {
    // An installation that was killed after its last change has not reached this step.
    rememberInstallation(home);
    printText(stdout, formatNothing(machine, plan));
    return;
  }
  await probe(machine, plan, options);
  const text = formatDeeds(machine, plan);
  const undo = await applyChecked(machine, plan.changes, { keepsRules: true });
  insistOnFolders(machine, undo);
  // With a restart, the manager begins to check the age of the lists.
  rememberInstallation(home);
  if (restart && plan.needsRestart) await restartManager(machine, undo);
  if (plan.needsReload) await reloadEngine(machine, undo);
  printText(
    stdout,
    `Done in ${machine.home}\n${text}\n\n${formatNext(plan, schedule, machine.home, restart)}`,
  );
}

/**
 * Asks OpenCTI with the values that would be installed: a typo in the URL or the token is reported before it is
 * written. When only the tool has moved, no answer of the platform is needed.
 * @throws KnownError, and nothing was written.
 */
async function probe(
  machine: Machine,
  { changes, config }: InstallPlan,
  options: InstallArguments,
): Promise<void> {
  const { url, token } = config.opencti;
  const isAboutAccess = changes.some(({ path }) => toPathsWithAccess(machine).includes(path));
  if (!options.probe || !isAboutAccess || url === null || token === null) return;
  try {
    // A person waits for the result, so a platform that is down is reported at once.
    const client = connect({ ...config.opencti, retryFor: 0 }, { note: () => {} }, options.signal);
    try {
      await preflight(client);
    } finally {
      client.close();
    }
  } catch (error) {
    if (!(error instanceof KnownError)) throw error;
    throw new KnownError(
      `${error.message}\nnothing was changed; --no-probe installs without asking OpenCTI`,
      { exitCode: error.exitCode, cause: error },
    );
  }
}

/** The files with the URL and the token of OpenCTI. */
function toPathsWithAccess(machine: Machine): string[] {
  const settings = join(machine.home, 'integrations', settingsFileName);
  return [toConfigPath(machine), ...toAccessPaths(machine), settings];
}

/**
 * Checks the rights of the manager's user. @throws KnownError when that user cannot write what it has to; everything is
 * restored.
 */
function insistOnFolders(machine: Machine, undo: Undo): void {
  const closed = findClosed(machine.home, { ...machine.manager, groups: [] });
  if (closed.length === 0) return;
  const lines = closed.map((path) => `${path} ${describeClosed(machine, join(machine.home, path))}`);
  undo();
  throw new KnownError(
    [`refresh and integration could not write what they have to: nothing was changed`, ...lines].join('\n  '),
  );
}

/** Records the time of the installation: until the first refresh, `status` uses it to judge the age of the lists. */
function rememberInstallation({ state, owner }: HeldHome): void {
  try {
    const known = readState(state);
    if (known.confirmed === null && known.installedAt === null)
      writeState(state, { ...known, installedAt: new Date() }, owner);
  } catch {
    // Without this time the lists are stale from the beginning, and `status` reports that.
  }
}

/** The changes, and what they mean for the events of the site. */
function formatDeeds(machine: Machine, { changes, notes, config }: InstallPlan): string {
  const facts = [...notes, ...describeEffects(machine.home, config)];
  return [formatChanges(machine, changes), ...(facts.length > 0 ? ['', ...facts] : [])].join('\n');
}

function formatNothing({ home }: Machine, { offLists }: InstallPlan): string {
  const steps = formatOffLists(offLists).map((step) => `; ${step}`);
  return [`All is installed in ${home}: nothing to change`, ...steps].join('');
}

/** A step that comes after the next refresh. */
function formatOffLists({ length }: readonly string[]): string[] {
  if (length === 0) return [];
  return [
    `after the next refresh run opencti-wazuh install again, which takes ${formatUnits(length, 'list')} that no rule reads then out of ossec.conf`,
  ];
}

function formatNext(
  { config, needsRestart, isWorker, unloaded, offLists }: InstallPlan,
  schedule: Schedule,
  home: string,
  isRestarted: boolean,
): string {
  const steps = [
    ...(config.opencti.url === null ? [`set opencti.url in ${home}/etc/opencti-wazuh.yml`] : []),
    ...(config.opencti.token === null
      ? [`put the API token into a file (root:wazuh, mode 0640) and name it in opencti.token_file`]
      : []),
    ...(unloaded === null ? [] : [`${unloaded.next}: ossec.conf${unloaded.problem}`]),
    ...(needsRestart && !isRestarted
      ? [`restart the manager, whose integratord reads ossec.conf when it starts: ${toRestartCommand(home)}`]
      : []),
    ...(schedule === 'systemd'
      ? ['start the timer: systemctl daemon-reload && systemctl start opencti-wazuh.timer']
      : []),
    ...(schedule === 'none' && !isWorker ? ['have "opencti-wazuh refresh" run once an hour'] : []),
    ...(isWorker ? [] : formatRestartChoice(config, home)),
    isWorker ? 'refresh on the master: the lists come from there' : 'fill the lists: opencti-wazuh refresh',
    ...formatOffLists(offLists),
    'check the installation: opencti-wazuh check',
    'test it with events: opencti-wazuh selftest',
  ];
  return ['Next', ...steps.map((step, index) => `  ${index + 1}. ${step}`)].join('\n');
}

/** The operator has to allow a restart: events wait until it is done. */
function formatRestartChoice({ wazuh }: Config, home: string): string[] {
  const version = findVersionWithoutReload(home);
  if (version === null || wazuh.restart) return [];
  return [
    [
      `decide who restarts this manager after a change: Wazuh ${version} has no hot reload`,
      `     wazuh.restart: on in ${home}/etc/opencti-wazuh.yml lets refresh do it, at most once in guards.min_reload_interval`,
      `     else the lists wait until you run ${toRestartCommand(home)}`,
    ].join('\n'),
  ];
}

/**
 * Checks what the manager's user has to reach: the Node that runs the integration, and the tool itself when that user
 * runs the refresh. A Node below `/root` could be installed, and would then fail each hour, and with each match.
 * @throws KnownError (exit code 2) that names the closed path.
 */
function insistOnReach({ home, manager, user }: Machine, schedule: Schedule): void {
  const wazuh: User = { ...manager, groups: [] };
  const runsTool = schedule !== 'none' && findVersionWithoutReload(home) === null;
  const tool = ['bin/opencti-wazuh', 'dist/opencti-wazuh.js'].map((path) => join(packageRoot(), path));
  const needed = [
    {
      path: process.execPath,
      want: 'run',
      next: 'run this with a Node that each user may run, as /usr/bin/node',
    },
    ...(runsTool ? tool : []).map((path) => ({
      path,
      want: 'read' as const,
      next: 'install the package where each user may read it, as below /usr/lib/node_modules',
    })),
  ] as const;
  for (const { path, want, next } of needed) {
    const barrier = findBarrier(path, wazuh, want);
    if (barrier === null) continue;
    const text = `${path} cannot be ${want === 'run' ? 'run' : 'read'} by the manager's user, ${user} (${manager.uid})`;
    throw new KnownError(`${text}: ${barrier}; nothing was changed: ${next}`, { exitCode: 2 });
  }
}
