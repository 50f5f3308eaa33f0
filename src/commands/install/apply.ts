import { existsSync, statfsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { codeOf, isForbidden, KnownError } from '../../errors.ts';
import { withTruePath } from '../../files/held.ts';
import { loadFlock, lockBy, takeLock } from '../../files/lock.ts';
import { absent, applyChanges, listFolder, readEntry, type Undo } from '../../files/transaction.ts';
import { formatCount, formatTable } from '../../text.ts';
import { applyToEngine, findComplaints, formatComplaint, nextStepsOf } from '../../wazuh/engine/ask.ts';
import { type Judgement, quoteRefusal, readJudgement } from '../../wazuh/engine/judge.ts';
import { runProgram } from '../../wazuh/engine/programs.ts';
import { type HeldHome, holdHome, holdState } from '../../wazuh/home.ts';
import { findLeftParts, ownFolders, ownPaths, toOwnFile } from '../../wazuh/ours.ts';
import { recover } from '../../wazuh/own-set.ts';
import { readSiteRules } from '../../wazuh/site-rules.ts';
import { readNativePiece } from './files.ts';
import { toBackupFolder } from './journal.ts';
import { type Change, isStagedName, type Machine } from './machine.ts';
import { logrotateFile, scheduleFiles } from './schedule.ts';

/** Returns one line for each change: what is done, where, and why. It has to be called before the changes are made. */
export function formatChanges(machine: Machine, changes: readonly Change[]): string {
  return formatTable(changes.map((change) => [nameDeed(machine, change), change.path, change.why]));
}

function nameDeed(machine: Machine, { path, to }: Change): string {
  if (to.kind === 'absent') return 'remove';
  return readEntry(machine, path).kind === 'absent' ? 'create' : 'change';
}

const checkPatience = 180_000;
const restartPatience = 300_000;
/** More lines would hide the important ones. */
const shownLines = 5;

export interface CheckedOptions {
  /** Whether every rule that the manager has loaded so far also has to load with the changes. */
  readonly keepsRules: boolean;
}

/**
 * Makes the changes and has the engine check them before it loads them: by a logtest session when it runs, and by
 * `wazuh-analysisd -t`. When the engine refuses them, everything is restored.
 * @throws KnownError that quotes the engine.
 */
export async function applyChecked(
  machine: Machine,
  changes: readonly Change[],
  { keepsRules }: CheckedOptions,
): Promise<Undo> {
  checkRoom(machine, changes);
  const { home } = machine;
  const isAboutRules = changes.some(({ path }) => isRead(path, home));
  const before = isAboutRules && keepsRules ? await readJudgement(home) : null;
  const compiled = ownPaths
    .map((path) => join(home, 'etc', `${path}.cdb`))
    .filter((path) => readEntry(machine, path).kind === 'absent');
  const undoChanges = applyChanges(machine, changes);
  const undo = () => {
    undoChanges();
    // The check has compiled the lists.
    applyChanges(
      machine,
      compiled.map((path) => ({ path, to: absent })),
    );
  };
  try {
    if (isAboutRules) insistOnJudgement(home, await readJudgement(home), before);
    await insistOnCheck(home);
  } catch (error) {
    undo();
    throw error;
  }
  return undo;
}

/** Returns whether the engine reads a file with its rules. */
function isRead(path: string, home: string): boolean {
  const folders = ownFolders.map((folder) => join(home, 'etc', folder, '/'));
  return path === join(home, 'etc/ossec.conf') || folders.some((folder) => path.startsWith(folder));
}

/**
 * Compares the judgements. An engine that was not asked, for example since it does not run, is protected by its check
 * and its start.
 */
function insistOnJudgement(home: string, after: Judgement, before: Judgement | null): void {
  if (!after.isAsked) return;
  if (after.isRefused)
    throw toRefusal(['a logtest session:', ...quoteRefusal(after.errors, after.warnings)], after.errors);
  if (before === null || !before.isAsked || before.isRefused) return;
  const known = new Set(before.warnings);
  const added = after.warnings.filter((warning) => !known.has(warning));
  const lost = findComplaints(added, readSiteRules(home)).filter(({ isLost }) => isLost);
  if (lost.length === 0) return;
  const headline = 'the rules of this manager would not load as they do now, and all is as it was before:';
  const lines = lost.slice(0, shownLines).map(formatComplaint);
  throw new KnownError([headline, ...lines].join('\n  '), { exitCode: 2 });
}

function toRefusal(lines: readonly string[], messages: readonly string[]): KnownError {
  const next = nextStepsOf(messages).map((step) => `next: ${step}`);
  return new KnownError(
    `the engine refuses this configuration, and all is as it was before: ${[...lines, ...next].join('\n  ')}`,
  );
}

/**
 * Checks the free space. The restoring needs space, too, so a disk that is nearly full is reported before it is filled.
 */
function checkRoom({ home }: Machine, changes: readonly Change[]): void {
  if (!existsSync(home)) return;
  const bytes = changes.reduce((sum, { to }) => sum + (to.kind === 'file' ? to.bytes.length : 0), 0);
  const { bavail, bsize } = statfsSync(home);
  if (bavail * bsize >= 2 * bytes) return;
  const [left, needed] = [formatCount(bavail * bsize), formatCount(2 * bytes)];
  throw new KnownError(
    `${home} has ${left} bytes left and this takes up to ${needed}: nothing was changed; make room`,
  );
}

/** Runs the engine's check. A folder with the layout of a manager but without its programs has no engine to ask. */
async function insistOnCheck(home: string): Promise<void> {
  const program = join(home, 'bin/wazuh-analysisd');
  if (!existsSync(program)) return;
  const { code, problem, lines } = await runProgram(program, ['-t'], checkPatience);
  if (code === 0) return;
  const shown = lines.slice(-shownLines);
  throw toRefusal([`wazuh-analysisd -t: ${problem ?? `exit code ${code}`}`, ...shown], shown);
}

export function toRestartCommand(home: string): string {
  return `${join(home, 'bin/wazuh-control')} restart`;
}

/**
 * Makes a running engine load the new parts by its hot reload; an engine that does not run loads them when it starts.
 */
export async function reloadEngine({ home }: Machine, undo: Undo): Promise<void> {
  if (!existsSync(join(home, 'queue/sockets/analysis'))) return;
  try {
    await applyToEngine(home, { restart: false });
  } catch (error) {
    undo();
    throw error;
  }
}

/** Restarts the manager; if it does not start, its earlier files are restored. */
export async function restartManager({ home }: Machine, undo: Undo): Promise<void> {
  const restart = () => runProgram(join(home, 'bin/wazuh-control'), ['restart'], restartPatience);
  const { code, problem, lines } = await restart();
  if (code === 0) return;
  undo();
  const again = await restart();
  const state = again.code === 0 ? 'it runs again as before' : 'and it does not start as before either';
  throw new KnownError(
    [
      `${toRestartCommand(home)}: ${problem ?? `exit code ${code}`}; all is as it was before, ${state}:`,
      ...lines.slice(-shownLines),
    ].join('\n  '),
  );
}

/**
 * Installs while no refresh and no other installation runs. The unfinished changes of a refresh that was killed are
 * undone first; its journal remains, so that the next refresh makes the engine load the result.
 * @throws KnownError when another run is active; in this case, and when the work fails, the files of the lock are
 * removed.
 */
export async function installAlone<T>(machine: Machine, work: (home: HeldHome) => Promise<T>): Promise<T> {
  const flock = await loadFlock();
  const isNew = readEntry(machine, toStateRoot(machine)).kind === 'absent';
  const home = holdWhole(machine, isNew);
  try {
    const lock = lockBy(flock, home);
    try {
      recover(home);
      return await work(home);
    } catch (error) {
      const told = withTruePath(error);
      if (isNew) removeState(machine);
      throw told;
    } finally {
      lock.release();
    }
  } finally {
    home.close();
  }
}

/** Creates all folders of the state, or none. */
function holdWhole(machine: Machine, isNew: boolean): HeldHome {
  try {
    return holdAsRoot(machine);
  } catch (error) {
    // A folder that is not empty belongs to another run by now, and the first error is the one to report.
    if (isNew)
      try {
        remove(machine, toStateFolders(machine));
      } catch {}
    throw error;
  }
}

/** Reports missing rights: a user who may refresh need not have the rights to install. */
function holdAsRoot({ home, manager }: Machine): HeldHome {
  try {
    return holdHome(home, () => manager);
  } catch (error) {
    if (!(error instanceof KnownError) || !isForbidden(error.cause)) throw error;
    const message = `${home} cannot be changed (${codeOf(error.cause)}); nothing is changed: run it as root`;
    throw new KnownError(message, { exitCode: 2, cause: error });
  }
}

/** Removes while no other run is active. Without a state there cannot be one, and no state is created. */
export async function removeAlone<T>(machine: Machine, work: () => Promise<T>): Promise<T> {
  const paths = [toStateRoot(machine), join(toStateRoot(machine), 'state')];
  const isThere = paths.every((path) => readEntry(machine, path).kind === 'folder');
  const state = isThere ? holdState(machine.home) : null;
  if (state === null) return await work();
  try {
    const lock = await takeLock({ state, owner: machine.manager });
    try {
      return await work();
    } finally {
      lock.release();
    }
  } finally {
    state.close();
  }
}

function toStateRoot({ home }: Machine): string {
  return join(home, 'var/opencti-wazuh');
}

/** Removes the files that were created for the lock. */
function removeState(machine: Machine): void {
  const state = join(toStateRoot(machine), 'state');
  remove(machine, [join(state, 'lock'), join(state, 'refresh.json'), ...toStateFolders(machine)]);
}

/** Returns the folders, each one after those that it contains. */
function toStateFolders(machine: Machine): string[] {
  const root = toStateRoot(machine);
  const previous = join(root, 'previous');
  return [join(root, 'state'), ...ownFolders.map((name) => join(previous, name)), previous, root];
}

function remove(machine: Machine, paths: readonly string[]): void {
  applyChanges(
    machine,
    paths.map((path) => ({ path, to: absent })),
  );
}

/** Returns the staged files of an installation that was killed, in each folder to which an installation writes. */
export function findStagedFiles(machine: Machine): Change[] {
  const { home, etc } = machine;
  const folders = [
    ...['etc', 'etc/lists', 'etc/rules', 'etc/decoders', 'integrations', 'backup'].map((path) =>
      join(home, path),
    ),
    ...readNativePiece().map(({ path }) => join(home, 'integrations', dirname(path))),
    toBackupFolder(machine),
    join(toBackupFolder(machine), 'aside'),
    ...[...scheduleFiles, logrotateFile].map((path) => join(etc, dirname(path))),
  ];
  return [...new Set(folders)].flatMap((folder) =>
    listFolder(machine, folder)
      .filter((entry) => isStagedName(entry.name) && !entry.isDirectory())
      .map(
        ({ name }): Change => ({
          path: join(folder, name),
          to: absent,
          why: 'left by a run that was killed',
        }),
      ),
  );
}

/** Returns the files that a refresh that was killed has left next to the files of the manager. */
export function toRefreshLeftovers(machine: Machine): Change[] {
  const { home } = machine;
  const names = listFolder(machine, join(home, 'etc/rules')).map(({ name }) => name);
  return [...ownPaths, ...findLeftParts(names)].flatMap((path) => {
    const file = toOwnFile(path);
    if (file === null) return [];
    return ['new', 'old'].map((end): Change => {
      const at = join(home, 'etc', file.folder, `.${file.name}.${end}~`);
      return { path: at, to: absent, why: 'left by a refresh that was killed' };
    });
  });
}
