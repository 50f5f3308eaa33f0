import type { HashKind } from '../observable/kinds.ts';

/** The names of the algorithms as Sysmon's `HashAlgorithms` has them, and as they stand before the `=` in `Hashes`. */
export const sysmonLabels = { sha256: 'SHA256', sha1: 'SHA1', md5: 'MD5' } as const satisfies Record<
  HashKind,
  string
>;
