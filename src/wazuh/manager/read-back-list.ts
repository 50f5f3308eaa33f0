import { closeSync } from 'node:fs';
import { type HeldFile, type HeldFolder, openFile, statName } from '../../files/held.ts';
import { type PlannedFile, toChunks } from '../../files/write.ts';
import { holdsLines, readCdbHead } from './cdb.ts';

type ListLines = PlannedFile['lines'] & { readonly length?: number };

/**
 * Has the engine compiled this list? Its database has the list's entries, each of them, so that neither clock
 * nor a stroke of luck stands in for the answer; the times and the number of keys say what is wrong when not.
 * @returns null: it has; otherwise a sentence.
 */
export function findListProblem(folder: HeldFolder, name: string, lines: ListLines): string | null {
  const database = openFile(folder, `${name}.cdb`);
  if (database === null) return `etc/lists/${name} was not compiled: ${name}.cdb is not there`;
  try {
    return compare(folder, name, database, lines);
  } finally {
    closeSync(database.descriptor);
  }
}

function compare(folder: HeldFolder, name: string, database: HeldFile, lines: ListLines): string | null {
  const head = readCdbHead(database);
  if (head === null) return `etc/lists/${name}.cdb is not a whole database`;
  const count = lines.length ?? countOf(lines);
  if (head.keys === count && holdsLines(database, head, toChunks(lines))) return null;
  const written = statName(folder, name)?.mtimeMs ?? 0;
  const found = head.keys === count ? 'other entries' : `${head.keys} keys`;
  // A text may be dated a second ahead, so a database that is older need not be an old one.
  const isOlder = toSecond(database.stats.mtimeMs) < toSecond(written);
  const age = isOlder ? ', and it is older than its text' : '';
  return `etc/lists/${name}.cdb has ${found} where the list has ${count}${age}`;
}

function countOf(lines: Iterable<string>): number {
  let count = 0;
  for (const _ of lines) count += 1;
  return count;
}

/** The engine compares whole seconds (Wazuh 4.14.7). */
function toSecond(milliseconds: number): number {
  return Math.floor(milliseconds / 1_000);
}
