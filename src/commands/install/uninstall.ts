import { join } from 'node:path';
import { defaultHome } from '../../config/schema.ts';
import { reportSystemErrors } from '../../errors.ts';
import { absent, findNeeded, listFolder, readBytesAsText, readEntry } from '../../files/transaction.ts';
import { type Output, printText, type Shell } from '../../shell.ts';
import { hasSwitchedOff, removeOurParts, switchOn } from '../../wazuh/ossec-conf/edit.ts';
import { readXmlFiles } from '../../wazuh/ossec-conf/ruleset-files.ts';
import { findOldScripts } from './adopt.ts';
import {
  applyChecked,
  findStagedFiles,
  formatChanges,
  removeAlone,
  restartManager,
  toRefreshLeftovers,
  toRestartCommand,
} from './apply.ts';
import { toAccessPaths, toConfigPath } from './configuration.ts';
import { integrationNames, readNativePiece, toDetectionRemovals } from './files.ts';
import {
  emptyJournal,
  hashEntry,
  type InstallJournal,
  readJournal,
  toBackupFolder,
  toJournalPath,
  toKeptConfigPath,
} from './journal.ts';
import { type Change, findWhatIsLeft, type Machine } from './machine.ts';
import { readConf } from './plan.ts';
import { logrotateFile, scheduleFiles } from './schedule.ts';

export interface UninstallArguments {
  readonly dryRun: boolean;
  readonly purge: boolean;
  readonly restart: boolean;
  readonly etc: string;
}

/** Removes what `install` and the refreshes have added, and nothing else. */
export function runUninstall(options: UninstallArguments, shell: Shell): Promise<void> {
  return reportSystemErrors(() => uninstall(options, shell));
}

async function uninstall(options: UninstallArguments, { stdout, env }: Shell): Promise<void> {
  // A configuration that cannot be read must not prevent the removal.
  const machine = findWhatIsLeft(env.WAZUH_HOME || defaultHome, options.etc);
  if (options.dryRun) printText(stdout, formatDryRun(machine, planUninstall(machine, options.purge)));
  else await removeAlone(machine, () => apply(machine, options, stdout));
}

async function apply(
  machine: Machine,
  { purge, restart }: UninstallArguments,
  stdout: Output,
): Promise<void> {
  const plan = planUninstall(machine, purge);
  if (plan.changes.length === 0) {
    printText(stdout, formatNothing(machine, plan));
    return;
  }
  const text = formatChanges(machine, plan.changes);
  // A rule of the site that is a child of one of ours loses its parent.
  const undo = await applyChecked(machine, plan.changes, { keepsRules: false });
  if (restart && plan.needsRestart) await restartManager(machine, undo);
  printText(
    stdout,
    `Done in ${machine.home}\n${text}${formatLeft(plan)}${formatNext(machine, plan, restart)}`,
  );
}

function formatNext(
  { home }: Machine,
  { needsRestart, changes }: UninstallPlan,
  isRestarted: boolean,
): string {
  const steps = [
    ...(needsRestart && !isRestarted
      ? [`restart the manager, which reads ossec.conf when it starts: ${toRestartCommand(home)}`]
      : []),
    // A running timer continues without its file.
    ...(changes.some(({ path }) => path.endsWith('/opencti-wazuh.timer'))
      ? ['stop the timer: systemctl stop opencti-wazuh.timer && systemctl daemon-reload']
      : []),
  ];
  if (steps.length === 0) return '';
  return ['\n\nNext', ...steps.map((step, index) => `  ${index + 1}. ${step}`)].join('\n');
}

function formatDryRun(machine: Machine, plan: UninstallPlan): string {
  if (plan.changes.length === 0) return formatNothing(machine, plan);
  const text = formatChanges(machine, plan.changes);
  return `Would be done in ${machine.home}\n${text}${formatLeft(plan)}\n\nA dry run: nothing was changed`;
}

function formatNothing({ home }: Machine, plan: UninstallPlan): string {
  return `Nothing of opencti-wazuh is in ${home}${formatLeft(plan)}`;
}

function formatLeft({ left }: UninstallPlan): string {
  return left.map((path) => `\n${path} stays: it is not as it was written (--purge takes it too)`).join('');
}

export interface UninstallPlan {
  readonly changes: readonly Change[];
  readonly needsRestart: boolean;
  /** Files of ours that remain, since a person has changed them. */
  readonly left: readonly string[];
}

/**
 * Returns all that an installation and its refreshes have created.
 * @param purge whether to remove a changed configuration and the token, too.
 */
export function planUninstall(machine: Machine, purge: boolean): UninstallPlan {
  const journal = readJournal(machine) ?? emptyJournal;
  const { home, etc } = machine;
  const confPath = join(home, 'etc/ossec.conf');
  const conf = planConf(machine, confPath, journal);
  const left = purge ? [] : findLeft(machine, journal);
  const gone = (path: string): Change => ({ path, to: absent, why: '' });
  // Files below the state are searched in that folder: the manager's user may have put something else in their place.
  // The copies of files that were put aside are removed only after these are restored.
  const elsewhere = [`${stateOf(machine)}/`, `${join(toBackupFolder(machine), 'aside')}/`];
  const created = journal.created.filter(
    (path) => !left.includes(path) && !elsewhere.some((folder) => path.startsWith(folder)),
  );
  // A script of the site: it was not yet put aside when an installation was killed, or is already restored, or was
  // never changed.
  const foreign = findOldScripts(machine);
  const files = [
    ...integrationNames
      .map((name) => join(home, 'integrations', name))
      .filter((path) => !foreign.includes(path)),
    ...readNativePiece().map(({ path }) => join(home, 'integrations', path)),
    ...[...scheduleFiles, logrotateFile]
      .map((path) => join(etc, path))
      .filter((path) => !isOfAnotherHome(machine, path)),
    ...findState(machine),
    ...(purge ? [toConfigPath(machine), ...toAccessPaths(machine)] : []),
  ];
  const backup = toBackupFolder(machine);
  const isAboveJournal = (path: string) => `${backup}/`.startsWith(`${path}/`);
  const isFolder = (path: string) => readEntry(machine, path).kind === 'folder';
  // A folder is removed after its content; a folder with other files remains.
  const paths = [...new Set([...files, ...created])].sort((a, b) => b.localeCompare(a));
  const changes = [
    ...conf,
    ...planRules(machine),
    ...toDetectionRemovals(machine),
    ...toRefreshLeftovers(machine),
    ...findStagedFiles(machine),
    ...paths.filter((path) => !isFolder(path)).map(gone),
    ...planAside(machine, journal),
    ...(purge ? [] : planSwitchedConfig(machine, journal)),
    ...paths.filter((path) => isFolder(path) && !isAboveJournal(path)).map(gone),
    // As long as the journal exists, a removal that was killed can be repeated.
    ...[join(backup, 'aside'), join(backup, 'ossec.conf'), toKeptConfigPath(machine)].map(gone),
    ...[toJournalPath(machine), backup].map(gone),
    ...paths.filter((path) => isFolder(path) && isAboveJournal(path)).map(gone),
  ];
  const needed = findNeeded(machine, dropFullFolders(machine, dedupe(changes)));
  return { changes: needed, needsRestart: needed.some(({ path }) => path === confPath), left };
}

/** Returns the change of `ossec.conf`; none if the manager was removed before. */
function planConf(machine: Machine, path: string, { keptParts }: InstallJournal): Change[] {
  if (readEntry(machine, path).kind === 'absent') return [];
  const conf = readConf(machine, path);
  const restored = removeOurParts(conf.bytes.toString('latin1'), keptParts, path);
  const to = { ...conf, bytes: Buffer.from(restored, 'latin1') };
  return [{ path, to, from: conf, why: 'without our parts' }];
}

/** A machine may have several managers, whose schedules have the same name: the schedule of another manager remains. */
function isOfAnotherHome(machine: Machine, path: string): boolean {
  const text = readBytesAsText(machine, path) ?? '';
  const [, home] =
    /^(?:Environment=)?WAZUH_HOME=(.*)$/m.exec(text) ??
    /^(\/.*)\/logs\/opencti-wazuh\.log \{$/m.exec(text) ??
    [];
  return home !== undefined && home !== machine.home;
}

function dedupe(changes: readonly Change[]): Change[] {
  return [...new Map(changes.map((change) => [change.path, change])).values()];
}

/** Returns the files that a person created or changed, mainly the configuration. */
function findLeft(machine: Machine, { created, configSha256 }: InstallJournal): string[] {
  const config = toConfigPath(machine);
  const entry = readEntry(machine, config);
  const isChanged = entry.kind === 'file' && hashEntry(entry) !== configSha256;
  const stays = toAccessPaths(machine).filter((path) => isChanged || !created.includes(path));
  return [...(isChanged ? [config] : []), ...stays].filter(
    (path) => readEntry(machine, path).kind === 'file',
  );
}

/** Returns the changes that switch rules of the site on again. */
function planRules(machine: Machine): Change[] {
  return readXmlFiles(join(machine.home, 'etc/rules'))
    .filter(({ text }) => hasSwitchedOff(text))
    .flatMap(({ name }) => {
      const path = join(machine.home, 'etc/rules', name);
      const entry = readEntry(machine, path);
      if (entry.kind !== 'file') return [];
      const bytes = Buffer.from(switchOn(entry.bytes.toString('latin1')), 'latin1');
      return [{ path, to: { ...entry, bytes }, why: 'with its own rules again' }];
    });
}

/** Returns the changes that restore files that were put aside. */
function planAside(machine: Machine, { aside }: InstallJournal): Change[] {
  return aside.flatMap(({ from, name }) => {
    const path = join(toBackupFolder(machine), 'aside', name);
    const entry = readEntry(machine, path);
    if (entry.kind === 'absent') return [];
    return [
      { path: from, to: entry, why: 'as it was before' },
      { path, to: absent, why: '' },
    ];
  });
}

/** A configuration of the site that has nothing more than the sources that were switched on in it. */
function planSwitchedConfig(machine: Machine, { switchedSha256 }: InstallJournal): Change[] {
  const path = toConfigPath(machine);
  const there = readEntry(machine, path);
  const kept = readEntry(machine, toKeptConfigPath(machine));
  if (kept.kind !== 'file' || switchedSha256 === null || hashEntry(there) !== switchedSha256) return [];
  return [{ path, to: kept, why: 'without the sources that were switched on' }];
}

function stateOf({ home }: Machine): string {
  return join(home, 'var/opencti-wazuh');
}

/** Returns the state and logs of the refresh and the integration. */
function findState(machine: Machine): string[] {
  const logs = join(machine.home, 'logs');
  const names = listFolder(machine, logs).map(({ name }) => name);
  return [
    ...listTree(machine, stateOf(machine), deepest),
    ...names.filter((name) => /^opencti-wazuh\.log[\w.-]*$/.test(name)).map((name) => join(logs, name)),
  ];
}

/** The tool's own folders have three levels; a deeper file is from another program, and its folder remains. */
const deepest = 6;

/** Returns a path and everything below it. `wazuh` writes there, so a link is only removed and never followed. */
function listTree(machine: Machine, path: string, depth: number): string[] {
  if (depth === 0 || readEntry(machine, path).kind !== 'folder') return [path];
  return [
    path,
    ...listFolder(machine, path).flatMap(({ name }) => listTree(machine, join(path, name), depth - 1)),
  ];
}

/** Returns whether a folder can be removed: everything in it has to be removed. */
function dropFullFolders(machine: Machine, changes: readonly Change[]): Change[] {
  const gone = new Set<string>();
  return changes.filter(({ path, to }) => {
    const isFolder = to.kind === 'absent' && readEntry(machine, path).kind === 'folder';
    if (isFolder && listFolder(machine, path).some(({ name }) => !gone.has(join(path, name)))) return false;
    if (to.kind === 'absent') gone.add(path);
    return true;
  });
}
