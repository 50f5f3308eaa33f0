import { closeSync } from 'node:fs';
import { type HeldFile, readChunks, readLines } from './held.ts';
import { hashOf } from './write.ts';

/** A file as it is now. */
export interface CurrentFile {
  readonly sha256: string;
  /** Each chunk holds until the next one is asked for. */
  chunks(): Iterable<Buffer>;
  /** Without their ends; each byte is one character (latin1). */
  lines(): Iterable<string>;
}

type OpenFile = Pick<HeldFile, 'descriptor'>;

/**
 * What a file holds. It is never in memory as a whole: each pass over it opens it anew, and closes it.
 * @param open returns null when the file is not there. @returns null: it is not there.
 */
export function readCurrent(open: () => OpenFile | null): CurrentFile | null {
  const file = open();
  if (file === null) return null;
  try {
    return {
      sha256: hashOf(readChunks(file)),
      chunks: () => readThrough(open, readChunks),
      lines: () => readThrough(open, readLines),
    };
  } finally {
    closeSync(file.descriptor);
  }
}

function* readThrough<T>(open: () => OpenFile | null, read: (file: OpenFile) => Iterable<T>): Generator<T> {
  const file = open();
  if (file === null) return;
  try {
    yield* read(file);
  } finally {
    closeSync(file.descriptor);
  }
}
