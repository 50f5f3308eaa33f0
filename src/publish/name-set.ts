import { createHash } from 'node:crypto';
import { decoderFile, markDecoders } from '../wazuh/rule-files.ts';
import { type NamedFile, toMarker } from '../wazuh/set-marker.ts';
import type { PlannedFile } from './planned-file.ts';
import { toChunks } from './write-file.ts';

/** A file of a plan with the SHA-256 of its text. */
export interface HashedFile extends PlannedFile {
  readonly sha256: string;
}

/** Lists that share their lines are rendered once. */
export function hashFiles(files: readonly PlannedFile[]): HashedFile[] {
  const hashes = new Map<PlannedFile['lines'], string>();
  return files.map((file) => {
    const sha256 = hashes.get(file.lines) ?? hashOf(toChunks(file.lines));
    hashes.set(file.lines, sha256);
    return { ...file, sha256 };
  });
}

/**
 * The files of a set that has a name, which its decoder file says.
 * @param others files of the set that are hashed already and stay as they are.
 */
export function nameSet(
  files: readonly HashedFile[],
  others: readonly NamedFile[] = [],
): { readonly marker: string; readonly files: HashedFile[] } {
  const marker = toMarker([...files, ...others]);
  const marked = files.map((file) =>
    file.path === `decoders/${decoderFile}`
      ? hashFiles([{ ...file, lines: [...file.lines].map((line) => markDecoders(line, marker)) }])
      : [file],
  );
  return { marker, files: marked.flat() };
}

export function hashOf(chunks: Iterable<Buffer>): string {
  const hash = createHash('sha256');
  for (const chunk of chunks) hash.update(chunk);
  return hash.digest('hex');
}
