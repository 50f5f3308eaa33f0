import { createHash } from 'node:crypto';
import { hashKinds } from './kinds.ts';
import { publicResolvers } from './public-resolvers.ts';
import { testFiles } from './value-lists.ts';

/** The names of the built-in lists. Reserved ranges and the empty file need none: `toObservable` refuses them. */
export const builtInLists = ['trivial-files', 'test-files', 'public-resolvers', 'own-hosts'] as const;

export type BuiltInList = (typeof builtInLists)[number];

/** A value, with a note on what it is where the name of its list does not say so. */
export interface BuiltInEntry {
  readonly text: string;
  readonly note?: string;
}

/**
 * Returns the entries of a built-in list.
 * @param ownHosts names and addresses of the site's OpenCTI and of this manager.
 */
export function toBuiltIn(list: BuiltInList, ownHosts: readonly BuiltInEntry[]): readonly BuiltInEntry[] {
  switch (list) {
    case 'trivial-files':
      return hashOneByteFiles().map(toEntry);
    case 'test-files':
      return testFiles.map(toEntry);
    case 'public-resolvers':
      return publicResolvers.map(toEntry);
    case 'own-hosts':
      return ownHosts;
  }
}

const toEntry = (text: string): BuiltInEntry => ({ text });

/** Returns the hashes of all files of one byte: any software leaves such files as markers. */
function hashOneByteFiles(): string[] {
  return Array.from({ length: 256 }, (_, byte) => Uint8Array.of(byte)).flatMap((content) =>
    hashKinds.map((kind) => createHash(kind).update(content).digest('hex')),
  );
}
