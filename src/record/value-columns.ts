import { hexDigits, type ObservableKind } from '../observable/kinds.ts';
import { otherHashDigits } from '../observable/other-hash.ts';

/** `other-hash`: the beginning of a hash that no event field carries. It is no value, and joins the objects of a file. */
export type StoredKind = ObservableKind | 'other-hash';

/** A kind is stored as its place. Never reordered: files hold these numbers. */
export const storedKinds = [
  'sha256',
  'sha1',
  'md5',
  'ipv4',
  'ipv6',
  'name',
  'ipv4-network',
  'ipv6-network',
  'other-hash',
] as const satisfies readonly StoredKind[];

/** The place of each kind. */
export const kindNumbers = Object.fromEntries(storedKinds.map((kind, number) => [kind, number])) as Record<
  StoredKind,
  number
>;

/** Bytes of a value by the place of its kind; 0: as many as its text has. */
export const valueWidths = storedKinds.map((kind) => {
  if (kind === 'other-hash') return otherHashDigits / 2;
  return kind in hexDigits ? hexDigits[kind as 'md5'] / 2 : 0;
});

/** Values as they are kept. */
export interface ValueColumns {
  readonly kinds: Uint8Array;
  readonly bytes: Uint8Array;
  /** A value ends where the next one starts; one more than there are values. */
  readonly starts: Uint32Array;
}
