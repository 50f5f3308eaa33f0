import type { ClaimKind } from '../../observable/kinds.ts';
import type { SkipReason } from '../../observable/skip-reasons.ts';
import { toHashKind } from '../hash-algorithm.ts';
import type { ObjectPath } from './tree.ts';

/** The objects whose `value` an event field carries. OpenCTI 5.2 and older wrote `x-opencti-hostname`. */
const valueKinds = new Map<string, ClaimKind>([
  ['ipv4-addr', 'ipv4'],
  ['ipv6-addr', 'ipv6'],
  ['domain-name', 'name'],
  ['hostname', 'name'],
  ['x-opencti-hostname', 'name'],
]);

const hashedObjects = new Set(['file', 'artifact']);

/** What a comparison's left-hand side is for us. */
export type Target = { readonly kind: ClaimKind } | { readonly reason: SkipReason };

export function toTarget(target: ObjectPath): Target {
  const { objectType, path } = target;
  if (isHashPath(target)) {
    const kind = toHashKind(path[1] ?? '');
    return kind ? { kind } : { reason: 'unused-algorithm' };
  }
  const kind = valueKinds.get(objectType);
  return kind && path.length === 1 && path[0] === 'value' ? { kind } : { reason: 'unused-object' };
}

/** `file:hashes.<algorithm>`, the same of an artifact. */
export function isHashPath({ objectType, path }: ObjectPath): boolean {
  return hashedObjects.has(objectType) && path.length === 2 && path[0] === 'hashes' && path[1] !== '[]';
}
