import { formatTable } from '../commands/format.ts';
import { readEntry } from '../files/transaction.ts';
import type { Change, Machine } from './machine.ts';

/** One line a change: what is done, where, and why. Has to be asked before the changes are made. */
export function formatChanges(machine: Machine, changes: readonly Change[]): string {
  return formatTable(changes.map((change) => [nameDeed(machine, change), change.path, change.why]));
}

function nameDeed(machine: Machine, { path, to }: Change): string {
  if (to.kind === 'absent') return 'remove';
  return readEntry(machine, path).kind === 'absent' ? 'create' : 'change';
}
