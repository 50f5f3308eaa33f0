import { closeSync, fstatSync, openSync, readSync, statSync } from 'node:fs';
import { KnownError } from '../errors.ts';

/** What is written to a file from now on, in whole lines. */
export interface FollowedFile {
  /** The lines since the last call. */
  readLines(): string[];
  close(): void;
}

interface OpenFile {
  readonly descriptor: number;
  readonly inode: number;
  /** How much of it was read. */
  place: number;
}

/**
 * Follows a file by its name. What stands there now is passed over; when another file takes its place, as at midnight
 * or in a rotation, the rest of the old one is read first. It may not be there yet.
 */
export function followFile(path: string): FollowedFile {
  let file = openFile(path);
  let rest = Buffer.alloc(0);
  if (file) file.place = fstatSync(file.descriptor).size;
  function readAll(): Buffer {
    // Asked first: nothing more is written to a file once another one has its name.
    const next = file === null || isReplaced(path, file) ? openFile(path) : null;
    const parts = file ? [readRest(file)] : [];
    if (next === null) return Buffer.concat(parts);
    if (file) closeSync(file.descriptor);
    file = next;
    return Buffer.concat([...parts, readRest(next)]);
  }
  return {
    readLines() {
      const bytes = Buffer.concat([rest, readAll()]);
      const end = bytes.lastIndexOf('\n') + 1;
      rest = bytes.subarray(end);
      return bytes.toString('utf8', 0, end).split('\n').slice(0, -1);
    },
    close() {
      if (file) closeSync(file.descriptor);
      file = null;
    },
  };
}

/** Null: it is not there. */
function openFile(path: string): OpenFile | null {
  try {
    const descriptor = openSync(path, 'r');
    return { descriptor, inode: fstatSync(descriptor).ino, place: 0 };
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT') return null;
    throw new KnownError(`${path} cannot be read (${code}): run as the user wazuh or as root`, {
      exitCode: 2,
      cause: error,
    });
  }
}

function isReplaced(path: string, { inode }: OpenFile): boolean {
  const stats = statSync(path, { throwIfNoEntry: false });
  return stats !== undefined && stats.ino !== inode;
}

function readRest(file: OpenFile): Buffer {
  const { size } = fstatSync(file.descriptor);
  // It was emptied in its place.
  if (size < file.place) file.place = 0;
  const bytes = Buffer.alloc(size - file.place);
  const count = readSync(file.descriptor, bytes, 0, bytes.length, file.place);
  file.place += count;
  return bytes.subarray(0, count);
}
