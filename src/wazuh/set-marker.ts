import { createHash } from 'node:crypto';
import { type HashedFile, hashFiles } from '../files/write.ts';
import { decoderFile, markDecoders } from './rule-files.ts';

/** A file of a set, and the SHA-256 of its text. */
export interface NamedFile {
  readonly path: string;
  readonly sha256: string;
}

/** Enough to tell all sets of a manager apart. */
const nameDigits = 16;

/**
 * The name of a set: by all that the engine loads of it, so the same set has the same name on every machine. It stands in
 * the decoder file as the name of a decoder that matches nothing: the running engine lists its decoders, and so says which
 * set it has, while a clean answer to a reload says only that it found no fault (Wazuh 4.14.7: with a `rule_dir` pattern
 * that skips a file it names nothing).
 */
function toMarker(files: readonly NamedFile[]): string {
  const hash = createHash('sha256');
  for (const line of files.map(({ path, sha256 }) => `${path} ${sha256}\n`).sort()) hash.update(line);
  return `octset-${hash.digest('hex').slice(0, nameDigits)}`;
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

/** The marker that a decoder file has, or null. */
export function readMarker(decoders: string): string | null {
  return /<decoder name="(octset-[0-9a-z]+)">/.exec(decoders)?.[1] ?? null;
}
