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

/** A file that is to be published, before anything is written. */
export interface PlannedFile {
  /** Below the folder that the set is for, with `/`. */
  readonly path: string;
  /** Its lines without their ends, or its whole text in chunks, each of which holds until the next one. */
  readonly lines: Iterable<string> & { readonly chunks?: () => Iterable<Buffer> };
}

/** A file of a plan with the SHA-256 of its text. */
export interface HashedFile extends PlannedFile {
  readonly sha256: string;
}

/** What was written of a file. */
export interface WrittenFile {
  readonly bytes: number;
  readonly sha256: string;
}

/** Who may do what with a file. */
export interface Access {
  readonly owner: Owner;
  readonly mode: number;
}

/**
 * Writes a new file and has it on the disk when it returns. What had the name before is taken away first.
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

/** As `writeNew`, and says what it wrote. */
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

/** @returns the descriptor of an empty file that this process has made, which the caller closes. */
function createNew(folder: HeldFolder, name: string, mode: number): number {
  removeName(folder, name);
  return truly(() => openSync(folder.at(name), O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW, mode));
}

/** Owner and mode of a file that this process has made: `wazuh` has to read it, whoever ran. */
export function giveAway(descriptor: number, { uid, gid }: Owner, mode: number): void {
  fchmodSync(descriptor, mode);
  if (isRoot()) fchownSync(descriptor, uid, gid);
}

/** Takes a name away, whatever it is the name of; a link is not followed. @returns whether it was there. */
export function removeName(folder: HeldFolder, name: string): boolean {
  try {
    unlinkSync(folder.at(name));
    return true;
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return false;
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

/** The name that a file has beside its place until it is whole. */
export function toStagedName(name: string): string {
  return `.${name}.new~`;
}

/** Who may read what the project remembers. */
const rememberedMode = 0o640;

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
  const staged = toStagedName(name);
  writeNew(folder, staged, parts, { owner, mode: rememberedMode });
  truly(() => renameSync(folder.at(staged), folder.at(name)));
  folder.sync();
}

/** A write a line costs thirty times as much. */
const batchLength = 64 * 1024;

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

/** The SHA-256 of a text, in hex. */
export function hashOf(chunks: Iterable<Uint8Array>): string {
  const hash = createHash('sha256');
  for (const chunk of chunks) hash.update(chunk);
  return hash.digest('hex');
}

/** Each file with its SHA-256. Lists that share their lines are rendered once. */
export function hashFiles(files: readonly PlannedFile[]): HashedFile[] {
  const hashes = new Map<PlannedFile['lines'], string>();
  return files.map((file) => {
    const sha256 = hashes.get(file.lines) ?? hashOf(toChunks(file.lines));
    hashes.set(file.lines, sha256);
    return { ...file, sha256 };
  });
}
