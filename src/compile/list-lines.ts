const chunkBytes = 256 * 1024;
/** Room for any key with its marks: names have 253 characters at most. */
const longestKey = 320;

/** The lines of a list, sorted by their bytes. There can be millions, so each line is made when it is read. */
export interface Lines extends Iterable<string> {
  readonly length: number;
  /** Returns the text in chunks that end with a line end. A chunk is valid only until the next one is read. */
  chunks(): Iterable<Buffer>;
  map<T>(toResult: (line: string) => T): T[];
}

/** Sorted lines, each of which can be written to any place of a buffer. */
export interface Run {
  readonly length: number;
  /** Writes a line without its end. @returns the place after it. */
  write(index: number, target: Buffer, at: number): number;
}

/**
 * Returns the lines of some runs.
 * @param runs in the order of their lines.
 * @param longestValue the bytes of the longest value part.
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

/** Yields the lines of chunks that end with a line end. */
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

/** Returns a run of sorted lines that exist as text. */
export function toRun(lines: readonly string[]): Run {
  return {
    length: lines.length,
    write: (index, target, at) => at + target.write(lines[index] ?? '', at, 'latin1'),
  };
}

/** Returns the runs with a few more lines, each at its sorted place. */
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

/** Returns the index of the first line that is not sorted before `line`. */
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
