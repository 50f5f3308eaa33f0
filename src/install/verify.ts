import { existsSync, statfsSync } from 'node:fs';
import { join } from 'node:path';
import { formatCount } from '../commands/format.ts';
import { KnownError } from '../errors.ts';
import { absent, applyChanges, readEntry, type Undo } from '../files/transaction.ts';
import { findComplaints, formatComplaint, nextStepsOf } from '../wazuh/engine-messages.ts';
import { applyToEngine } from '../wazuh/manager/apply.ts';
import { type Judgement, quoteRefusal, readJudgement } from '../wazuh/manager/judge.ts';
import { runProgram } from '../wazuh/manager/run-program.ts';
import { ownFolders, ownPaths } from '../wazuh/own-files.ts';
import { readSiteRules } from '../wazuh/site-rules.ts';
import type { Change, Machine } from './machine.ts';

const checkPatience = 180_000;
const restartPatience = 300_000;
/** More would hide what matters. */
const shownLines = 5;

export interface CheckedOptions {
  /** Every rule that the manager has loaded so far has to load with the changes, too. */
  readonly keepsRules: boolean;
}

/**
 * Makes the changes and has the engine say what it makes of them, before it is told to take them: by a logtest session where
 * it runs, and by `wazuh-analysisd -t`. Where it refuses them, all is as it was.
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

/** Is it a file that the engine reads with its rules? */
function isRead(path: string, home: string): boolean {
  const folders = ownFolders.map((folder) => join(home, 'etc', folder, '/'));
  return path === join(home, 'etc/ossec.conf') || folders.some((folder) => path.startsWith(folder));
}

/** An engine that was not asked, since it does not run say, is protected by its check and its start. */
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

/** The way back needs room, too, so a disk that is nearly full is told before it is filled. */
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

/** A manager that is laid out but not installed has no engine to ask. */
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

/** Has a running engine take what is new by its hot reload; one that does not run takes it when it starts. */
export async function reloadEngine({ home }: Machine, undo: Undo): Promise<void> {
  if (!existsSync(join(home, 'queue/sockets/analysis'))) return;
  try {
    await applyToEngine(home, { restart: false });
  } catch (error) {
    undo();
    throw error;
  }
}

/** Restarts the manager; one that does not start gets back what it had. */
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
