import type { HashKind } from '../observable/kinds.ts';

/** STIX writes `SHA-256`; older data and hand-written patterns say `SHA256`, in any case. */
const hashKindOf = new Map<string, HashKind>([
  ['MD5', 'md5'],
  ['SHA-1', 'sha1'],
  ['SHA1', 'sha1'],
  ['SHA-256', 'sha256'],
  ['SHA256', 'sha256'],
]);

/** The kind of hash that an algorithm's name means, or null: no event field carries it. */
export function toHashKind(algorithm: string): HashKind | null {
  return hashKindOf.get(algorithm) ?? hashKindOf.get(algorithm.trim().toUpperCase()) ?? null;
}
