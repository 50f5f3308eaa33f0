import { createHash } from 'node:crypto';
import {
  closeSync,
  constants,
  fchmodSync,
  fchownSync,
  fsyncSync,
  openSync,
  renameSync,
  unlinkSync,
  writeFileSync,
} from 'node:fs';
import { codeOf } from '../errors.ts';
import { type HeldFolder, isRoot, type Owner, withTruePath } from './held.ts';

const { O_WRONLY, O_CREAT, O_EXCL, O_NOFOLLOW } = constants;

/** A file that will be published, and is not written yet. */
export interface PlannedFile {
  /** The path below the folder that the set is for, with `/`. */
  readonly path: string;
  /** Its lines without their ends, or its whole text in chunks, each of which is valid only until the next one. */
  readonly lines: Iterable<string> & { readonly chunks?: () => Iterable<Buffer> };
}

/** A file of a plan with the SHA-256 of its text. */
export interface HashedFile extends PlannedFile {
  readonly sha256: string;
}

/** The size and the hash of what was written. */
export interface WrittenFile {
  readonly bytes: number;
  readonly sha256: string;
}

/** The owner and the mode of a file. */
export interface Access {
  readonly owner: Owner;
  readonly mode: number;
}

/**
 * Writes a new file; it is on the disk when the call returns. What had the name before is removed first.
 * @param access null: it belongs to this process, and the umask decides who may read it.
 * @throws the system's error with the true path; what was written of the file by then stays.
 */
export function writeNew(
  folder: HeldFolder,
  name: string,
  parts: Iterable<Uint8Array>,
  access: Access | null,
): void {
  const descriptor = createNew(folder, name, access === null ? 0o644 : 0o600);
  try {
    for (const part of parts) writeFileSync(descriptor, part);
    if (access !== null) giveAway(descriptor, access.owner, access.mode);
    fsyncSync(descriptor);
  } finally {
    closeSync(descriptor);
  }
}

/** Does the same as `writeNew`, and returns the size and the hash of what it wrote. */
export function writeHashed(
  folder: HeldFolder,
  name: string,
  chunks: Iterable<Uint8Array>,
  access: Access | null,
): WrittenFile {
  const hash = createHash('sha256');
  let bytes = 0;
  function* measured(): Generator<Uint8Array> {
    for (const chunk of chunks) {
      hash.update(chunk);
      bytes += chunk.length;
      yield chunk;
    }
  }
  writeNew(folder, name, measured(), access);
  return { bytes, sha256: hash.digest('hex') };
}

/** Makes an empty file. @returns its descriptor, which the caller closes. */
function createNew(folder: HeldFolder, name: string, mode: number): number {
  removeName(folder, name);
  return truly(() => openSync(folder.at(name), O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW, mode));
}

/** Sets owner and mode of a file that this process has made: the user `wazuh` has to read it, also when root made it. */
export function giveAway(descriptor: number, { uid, gid }: Owner, mode: number): void {
  fchmodSync(descriptor, mode);
  if (isRoot()) fchownSync(descriptor, uid, gid);
}

/** Removes a name, whatever it is the name of; a link is not followed. @returns whether it was there. */
export function removeName(folder: HeldFolder, name: string): boolean {
  try {
    unlinkSync(folder.at(name));
    return true;
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return false;
    throw withTruePath(error);
  }
}

/** Calls `work`; the errors that it throws name the true paths. */
function truly<T>(work: () => T): T {
  try {
    return work();
  } catch (error) {
    throw withTruePath(error);
  }
}

/** Returns the name that a file has beside its place until it is complete. */
export function toStagedName(name: string): string {
  return `.${name}.new~`;
}

/** The mode of the files in which the project keeps its state. */
const rememberedMode = 0o640;

/** Writes a small file as a whole: a reader, or a killed run, finds the old or the new text. */
export function replaceText(folder: HeldFolder, name: string, text: string, owner: Owner): void {
  replaceFile(folder, name, [Buffer.from(text)], owner);
}

/** Writes a file of any size in the same way, in parts. */
export function replaceFile(
  folder: HeldFolder,
  name: string,
  parts: Iterable<Uint8Array>,
  owner: Owner,
): void {
  const staged = toStagedName(name);
  writeNew(folder, staged, parts, { owner, mode: rememberedMode });
  truly(() => renameSync(folder.at(staged), folder.at(name)));
  folder.sync();
}

/** In characters. To write each line alone takes thirty times as long. */
const batchLength = 64 * 1024;

/** Returns the text of a file in chunks, each line with its end; a chunk is valid only until the next one is read. */
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

/** Returns the SHA-256 of a text, in hex. */
export function hashOf(chunks: Iterable<Uint8Array>): string {
  const hash = createHash('sha256');
  for (const chunk of chunks) hash.update(chunk);
  return hash.digest('hex');
}

/** Returns each file with its SHA-256. Lists that share their lines are rendered once. */
export function hashFiles(files: readonly PlannedFile[]): HashedFile[] {
  const hashes = new Map<PlannedFile['lines'], string>();
  return files.map((file) => {
    const sha256 = hashes.get(file.lines) ?? hashOf(toChunks(file.lines));
    hashes.set(file.lines, sha256);
    return { ...file, sha256 };
  });
}
