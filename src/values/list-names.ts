import { createHash } from 'node:crypto';
import { hashKinds } from './kinds.ts';
import { publicResolvers } from './public-resolvers.ts';
import { testFiles } from './value-lists.ts';

/** Reserved ranges and the empty file need no list: the one door for values refuses them. */
export const builtInLists = ['trivial-files', 'test-files', 'public-resolvers', 'own-hosts'] as const;

export type BuiltInList = (typeof builtInLists)[number];

/** A value, and what it is, where its list alone does not say so. */
export interface BuiltInEntry {
  readonly text: string;
  readonly note?: string;
}

/** @param ownHosts names and addresses of the site's OpenCTI and of this manager. */
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

/** Files of one byte are markers and leftovers of any software. */
function hashOneByteFiles(): string[] {
  return Array.from({ length: 256 }, (_, byte) => Uint8Array.of(byte)).flatMap((content) =>
    hashKinds.map((kind) => createHash(kind).update(content).digest('hex')),
  );
}
