import { existsSync, statfsSync } from 'node:fs';
import { join } from 'node:path';
import { formatCount } from '../commands/format.ts';
import { KnownError } from '../errors.ts';
import { absent, applyChanges, readEntry, type Undo } from '../files/transaction.ts';
import { nextStepsOf } from '../wazuh/engine-messages.ts';
import { applyToEngine } from '../wazuh/manager/apply.ts';
import { runProgram } from '../wazuh/manager/run-program.ts';
import { ownPaths } from '../wazuh/own-files.ts';
import type { Change, Machine } from './machine.ts';

const checkPatience = 180_000;
const restartPatience = 300_000;
/** More would hide what matters. */
const shownLines = 5;

/** Makes the changes and has the engine check what is there; where it refuses, all is as it was. */
export async function applyChecked(machine: Machine, changes: readonly Change[]): Promise<Undo> {
  checkRoom(machine, changes);
  const compiled = ownPaths
    .map((path) => join(machine.home, 'etc', `${path}.cdb`))
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
  const problem = await checkEngine(machine.home);
  if (problem === null) return undo;
  undo();
  throw new KnownError(`the engine refuses this configuration, and all is as it was before: ${problem}`);
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
async function checkEngine(home: string): Promise<string | null> {
  const program = join(home, 'bin/wazuh-analysisd');
  if (!existsSync(program)) return null;
  const { code, problem, lines } = await runProgram(program, ['-t'], checkPatience);
  if (code === 0) return null;
  const shown = lines.slice(-shownLines);
  const next = nextStepsOf(shown).map((step) => `next: ${step}`);
  return [`wazuh-analysisd -t: ${problem ?? `exit code ${code}`}`, ...shown, ...next].join('\n  ');
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
