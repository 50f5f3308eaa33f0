import { existsSync, readFileSync } from 'node:fs';

/** Which run brought a key in: a line a key, `<time>\t<list>\t<key>`, behind a first line with the oldest time. */
export const historyFile = 'added.tsv';

/** What older runs brought in is not told apart: their lines are gone. */
const mostLines = 500_000;

/** Stands for keys of a list that came in and are not told apart. */
export const everyKey = '*';

export interface AddedKey {
  readonly list: string;
  readonly key: string;
}

/**
 * The history after a run.
 * @param earlier the text of the file before; null: there was no run before, so everything is of this one.
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
 * The time of the run that brought a key in, the last one that did; of old ones the time before which it was; null: a
 * run brought in more than it told.
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
