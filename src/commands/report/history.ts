import { existsSync, readFileSync } from 'node:fs';

/**
 * The file with the runs that added keys: a first line with the oldest time, and then a line for each key,
 * `<time>\t<list>\t<key>`.
 */
export const historyFile = 'added.tsv';

/** The most lines of the file. The keys of older runs are not distinguished, since their lines are removed. */
const mostLines = 500_000;

/** Represents keys that were added to a list and are not distinguished. */
export const everyKey = '*';

export interface AddedKey {
  readonly list: string;
  readonly key: string;
}

/**
 * Returns the lines of the history after a run.
 * @param earlier the text of the file before; null: there was no run before, so all keys are from this run.
 */
export function* renderHistory(
  earlier: string | null,
  finished: Date,
  added: Iterable<AddedKey>,
): Generator<string> {
  const time = finished.toISOString();
  if (earlier === null) {
    yield time;
    return;
  }
  const [oldest = time, ...known] = earlier.replace(/\n$/, '').split('\n');
  const lines = known.filter(Boolean);
  for (const { list, key } of added) lines.push(`${time}\t${list}\t${key}`);
  const dropped = lines.length > mostLines ? lines.splice(0, lines.length - mostLines) : [];
  yield dropped.at(-1)?.split('\t')[0] ?? oldest;
  yield* lines;
}

/**
 * Returns a function that gives the time of the last run that added a key; for old keys, a time before which they were
 * added; null: a run added more keys than it recorded.
 */
export function findSince(file: string): (key: AddedKey) => string | null {
  if (!existsSync(file)) return () => null;
  const text = readFileSync(file, 'utf8');
  const oldest = text.slice(0, text.indexOf('\n')) || null;
  return ({ list, key }) => {
    const place = text.lastIndexOf(`\t${list}\t${key}\n`);
    if (text.lastIndexOf(`\t${list}\t${everyKey}\n`) > place) return null;
    return place < 0 ? oldest : text.slice(text.lastIndexOf('\n', place) + 1, place);
  };
}
