import { toHex, toOtherHash } from '../values/hash.ts';
import { type Claim, type HashKind, hashKinds, kinds } from '../values/kinds.ts';

/** The names of the algorithms as STIX and OpenCTI write them. */
export const algorithmNames = { sha256: 'SHA-256', sha1: 'SHA-1', md5: 'MD5' } as const satisfies Record<
  HashKind,
  string
>;

/** Older data and hand-written patterns say `SHA256`, in any case. */
const hashKindOf = new Map<string, HashKind>(
  hashKinds.flatMap((kind) => [
    [algorithmNames[kind], kind],
    [algorithmNames[kind].replace('-', ''), kind],
  ]),
);

/** Returns the kind of hash that the name of an algorithm means; null when no event field carries such hashes. */
export function toHashKind(algorithm: string): HashKind | null {
  return hashKindOf.get(algorithm) ?? hashKindOf.get(algorithm.trim().toUpperCase()) ?? null;
}

/** The meaning of a hash of OpenCTI. */
export interface HashReading {
  /** Null when no event field carries it. */
  readonly claim: Claim | null;
  /** The hash when no event field carries it, and it identifies the file all the same; else null. */
  readonly other: string | null;
}

const sha512 = /^\s*sha-?512\s*$/i;
const longest = 128;

/**
 * Reads a hash by the algorithm that it really has. MD5, SHA-1, SHA-256 and SHA-512 differ in length, so one of them under
 * the name of another is recognised; 32 digits that are called SSDEEP or IMPHASH are no MD5.
 */
export function readHash(algorithm: string, text: string): HashReading {
  const kind = toHashKind(algorithm);
  if (kind !== null) {
    const other = text.length < longest ? null : toOtherHash('SHA-512', text);
    return { claim: other === null ? { kind, text } : null, other };
  }
  const other = toOtherHash(algorithm, text);
  if (other !== null || !sha512.test(algorithm)) return { claim: null, other };
  const { length } = toHex(text);
  const byLength = hashKinds.find((each) => kinds[each].digits === length);
  return { claim: byLength === undefined ? null : { kind: byLength, text }, other };
}
