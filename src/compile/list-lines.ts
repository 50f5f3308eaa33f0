const chunkBytes = 256 * 1024;
/** Room for any key and what stands around it: names have 253 characters at most. */
const longestKey = 320;

/** The lines of a list, sorted by their bytes. Millions of them: each is made when it is asked for. */
export interface Lines extends Iterable<string> {
  readonly length: number;
  /** The text, each line with its end, cut between lines. A chunk holds until the next one is asked for. */
  chunks(): Iterable<Buffer>;
  map<T>(toResult: (line: string) => T): T[];
}

/** Sorted lines, each of which can be written anywhere. */
export interface Run {
  readonly length: number;
  /** Writes a line without its end. @returns the place behind it. */
  write(index: number, target: Buffer, at: number): number;
}

/**
 * @param runs in the order of their lines.
 * @param longestValue bytes of the longest part behind a key.
 */
export function createLines(runs: readonly Run[], longestValue: number): Lines {
  const room = longestKey + longestValue;
  const lines: Lines = {
    length: runs.reduce((length, run) => length + run.length, 0),
    chunks: () => renderChunks(runs, room),
    map: (toResult) => Array.from(lines, toResult),
    [Symbol.iterator]: () => splitChunks(lines.chunks()),
  };
  return lines;
}

/** The lines of chunks that are cut between lines. */
export function* splitChunks(chunks: Iterable<Buffer>): Generator<string> {
  for (const chunk of chunks) yield* chunk.toString('latin1', 0, chunk.length - 1).split('\n');
}

const lineEnd = 10;

function* renderChunks(runs: readonly Run[], room: number): Generator<Buffer> {
  const chunk = Buffer.allocUnsafe(chunkBytes + room);
  let end = 0;
  for (const run of runs) {
    for (let index = 0; index < run.length; index += 1) {
      end = run.write(index, chunk, end);
      chunk[end] = lineEnd;
      end += 1;
      if (end < chunkBytes) continue;
      yield chunk.subarray(0, end);
      end = 0;
    }
  }
  if (end > 0) yield chunk.subarray(0, end);
}

/** Lines that are there as text, sorted. */
export function toRun(lines: readonly string[]): Run {
  return {
    length: lines.length,
    write: (index, target, at) => at + target.write(lines[index] ?? '', at, 'latin1'),
  };
}

/** The runs with a few more lines, each at its place. */
export function insertLines(runs: readonly Run[], more: readonly string[]): Run[] {
  return [...more].sort().reduce<Run[]>(insertLine, [...runs]);
}

function insertLine(runs: readonly Run[], line: string): Run[] {
  const place = runs.findIndex((run) => run.length > 0 && lineAt(run, run.length - 1) >= line);
  const run = runs[place];
  if (run === undefined) return [...runs, toRun([line])];
  const split = findPlace(run, line);
  return [
    ...runs.slice(0, place),
    slice(run, 0, split),
    toRun([line]),
    slice(run, split, run.length),
    ...runs.slice(place + 1),
  ];
}

/** The first line that is not before it. */
function findPlace(run: Run, line: string): number {
  let low = 0;
  let high = run.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (lineAt(run, middle) < line) low = middle + 1;
    else high = middle;
  }
  return low;
}

function lineAt(run: Run, index: number): string {
  const line = Buffer.alloc(longestKey + 1024);
  return line.toString('latin1', 0, run.write(index, line, 0));
}

function slice(run: Run, from: number, to: number): Run {
  return { length: to - from, write: (index, target, at) => run.write(from + index, target, at) };
}
