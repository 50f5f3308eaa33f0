import { createHash } from 'node:crypto';
import { hashKinds } from '../observable/kinds.ts';
import { publicResolvers } from './public-resolvers.ts';
import { testFiles } from './test-files.ts';

/** Reserved ranges and the empty file need no list: the one door for values refuses them. */
export const builtInLists = ['trivial-files', 'test-files', 'public-resolvers', 'own-hosts'] as const;

export type BuiltInList = (typeof builtInLists)[number];

/**
 * The texts of a built-in warning list.
 * @param ownHosts names and addresses of the site's OpenCTI and of this manager.
 */
export function toBuiltInTexts(list: BuiltInList, ownHosts: readonly string[]): readonly string[] {
  switch (list) {
    case 'trivial-files':
      return hashOneByteFiles();
    case 'test-files':
      return testFiles;
    case 'public-resolvers':
      return publicResolvers;
    case 'own-hosts':
      return ownHosts;
  }
}

/** Files of one byte are markers and leftovers of any software. */
function hashOneByteFiles(): string[] {
  return Array.from({ length: 256 }, (_, byte) => Uint8Array.of(byte)).flatMap((content) =>
    hashKinds.map((kind) => createHash(kind).update(content).digest('hex')),
  );
}
