import { createHash } from 'node:crypto';
import { type FileHandle, open } from 'node:fs/promises';
import type { PlannedFile } from './planned-file.ts';

/** A write a line costs thirty times as much. */
const batchLength = 64 * 1024;

export interface WrittenFile {
  readonly bytes: number;
  readonly sha256: string;
}

export interface WriteOptions {
  readonly mode?: number;
  /** Gives the written file its owner, say; before it is on the disk. */
  readonly finish?: (file: FileHandle) => Promise<void>;
}

/** Writes lines to a new file and has them on the disk when it returns. The file must not be there before. */
export async function writeLines(
  path: string,
  lines: PlannedFile['lines'],
  { mode = 0o644, finish }: WriteOptions = {},
): Promise<WrittenFile> {
  const file = await open(path, 'wx', mode);
  try {
    const written = await writeBatches(file, lines);
    await finish?.(file);
    await file.sync();
    return written;
  } finally {
    await file.close();
  }
}

async function writeBatches(file: FileHandle, lines: PlannedFile['lines']): Promise<WrittenFile> {
  const hash = createHash('sha256');
  let bytes = 0;
  for (const batch of toChunks(lines)) {
    hash.update(batch);
    bytes += batch.length;
    await file.writeFile(batch);
  }
  return { bytes, sha256: hash.digest('hex') };
}

/** The text of a file, each line with its end; a chunk holds until the next one is asked for. */
export function toChunks(lines: PlannedFile['lines']): Iterable<Buffer> {
  return lines.chunks?.() ?? batches(lines);
}

function* batches(lines: Iterable<string>): Generator<Buffer> {
  let batch = '';
  for (const line of lines) {
    batch += `${line}\n`;
    if (batch.length < batchLength) continue;
    yield Buffer.from(batch);
    batch = '';
  }
  if (batch.length > 0) yield Buffer.from(batch);
}

/** The other way: what a file holds now. The caller opens and closes it. */
export async function hashFile(file: FileHandle): Promise<string> {
  const hash = createHash('sha256');
  for await (const chunk of file.createReadStream({ autoClose: false, start: 0 })) hash.update(chunk);
  return hash.digest('hex');
}
