import {
  closeSync,
  constants,
  fchmodSync,
  fchownSync,
  fsyncSync,
  openSync,
  readFileSync,
  readSync,
  renameSync,
  unlinkSync,
  writeFileSync,
} from 'node:fs';
import { KnownError } from '../../errors.ts';
import { type ReadableBytes, readableFile } from '../../record/readable-bytes.ts';
import { type HeldFile, type HeldFolder, isRoot, type Owner, openFile } from './held-folder.ts';
import { withTruePath } from './true-path.ts';

const { O_WRONLY, O_CREAT, O_EXCL, O_NOFOLLOW } = constants;

/** The bytes of a plain file; null: there is none. */
export function readHeldBytes(folder: HeldFolder, name: string): Buffer | null {
  const file = openFile(folder, name);
  if (file === null) return null;
  try {
    return readFileSync(file.descriptor);
  } finally {
    closeSync(file.descriptor);
  }
}

/** What is read of a plain file; null: there is none. */
export function withHeldFile<T>(
  folder: HeldFolder,
  name: string,
  take: (file: ReadableBytes) => T,
): T | null {
  const file = openFile(folder, name);
  if (file === null) return null;
  try {
    return take(readableFile(file.descriptor));
  } finally {
    closeSync(file.descriptor);
  }
}

/**
 * The text of a plain file; null: there is none.
 * @param mostBytes a longer one is refused, since it is not ours.
 */
export function readHeldText(
  folder: HeldFolder,
  name: string,
  mostBytes = Number.POSITIVE_INFINITY,
): string | null {
  const file = openFile(folder, name);
  if (file === null) return null;
  try {
    if (file.stats.size > mostBytes)
      throw new KnownError(
        `${folder.path}/${name} has more than ${mostBytes} bytes and is not read: take it away`,
      );
    return readFileSync(file.descriptor, 'utf8');
  } finally {
    closeSync(file.descriptor);
  }
}

const chunkBytes = 1 << 18;

/** A file from its beginning; each chunk holds until the next one is asked for. */
export function* readChunks({ descriptor }: Pick<HeldFile, 'descriptor'>): Generator<Buffer> {
  const chunk = Buffer.allocUnsafe(chunkBytes);
  for (let place = 0; ; ) {
    const read = readSync(descriptor, chunk, 0, chunkBytes, place);
    if (read === 0) return;
    place += read;
    yield chunk.subarray(0, read);
  }
}

/** The lines of a file; what stands behind the last line break is one, too. Bytes are told apart, not understood. */
export function* readLines(file: Pick<HeldFile, 'descriptor'>): Generator<string> {
  let rest = '';
  for (const chunk of readChunks(file)) {
    const lines = (rest + chunk.toString('latin1')).split('\n');
    rest = lines.pop() ?? '';
    yield* lines;
  }
  if (rest !== '') yield rest;
}

/** Takes a name away, whatever it stands for; a link is not followed. */
export function removeName(folder: HeldFolder, name: string): boolean {
  try {
    unlinkSync(folder.at(name));
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return false;
    throw withTruePath(error);
  }
}

/** Its errors name the true paths. */
function truly<T>(work: () => T): T {
  try {
    return work();
  } catch (error) {
    throw withTruePath(error);
  }
}

/** Writes a small file as a whole: a reader, or a killed run, finds the old or the new text. */
export function replaceText(folder: HeldFolder, name: string, text: string, owner: Owner): void {
  replaceFile(folder, name, [Buffer.from(text)], owner);
}

/** The same of a file of any size, in parts. */
export function replaceFile(
  folder: HeldFolder,
  name: string,
  parts: Iterable<Uint8Array>,
  owner: Owner,
): void {
  const descriptor = stageFile(folder, name, parts, owner);
  try {
    fsyncSync(descriptor);
  } finally {
    closeSync(descriptor);
  }
  truly(() => renameSync(folder.at(stagedName(name)), folder.at(name)));
  folder.sync();
}

/** A file that grows. What a crash of the machine leaves of it, its reader has to tell. */
export interface GrowingFile {
  append(bytes: Uint8Array): void;
  close(): void;
}

/** Puts a file of this process in the place of the one before, and goes on writing it: never one that was found there. */
export function beginFile(
  folder: HeldFolder,
  name: string,
  beginning: Uint8Array,
  owner: Owner,
): GrowingFile {
  const descriptor = stageFile(folder, name, [beginning], owner);
  const close = () => closeSync(descriptor);
  try {
    truly(() => renameSync(folder.at(stagedName(name)), folder.at(name)));
  } catch (error) {
    close();
    throw error;
  }
  return { append: (bytes) => writeFileSync(descriptor, bytes), close };
}

const stagedName = (name: string) => `.${name}.new~`;

/** @returns the descriptor, which the caller closes. */
function stageFile(folder: HeldFolder, name: string, parts: Iterable<Uint8Array>, owner: Owner): number {
  const staged = stagedName(name);
  removeName(folder, staged);
  const descriptor = truly(() =>
    openSync(folder.at(staged), O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW, 0o600),
  );
  try {
    for (const part of parts) writeFileSync(descriptor, part);
    giveAway(descriptor, owner, 0o640);
    return descriptor;
  } catch (error) {
    closeSync(descriptor);
    throw error;
  }
}

/** Owner and mode of a file that this process has made: `wazuh` has to read it, whoever ran. */
export function giveAway(descriptor: number, { uid, gid }: Owner, mode: number): void {
  fchmodSync(descriptor, mode);
  if (isRoot()) fchownSync(descriptor, uid, gid);
}
