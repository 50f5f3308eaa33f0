import { isIP } from 'node:net';
import type { Claim, ClaimKind } from '../../observable/kinds.ts';
import { refang } from '../../observable/refang.ts';
import type { SkipReason } from '../../observable/skip-reasons.ts';
import { readHash, toHashKind } from '../hash-algorithm.ts';
import type { ObjectPath } from './tree.ts';

/** The objects whose `value` an event field carries. OpenCTI 5.2 and older wrote `x-opencti-hostname`. */
const valueKinds = new Map<string, ClaimKind>([
  ['ipv4-addr', 'ipv4'],
  ['ipv6-addr', 'ipv6'],
  ['domain-name', 'name'],
  ['hostname', 'name'],
  ['x-opencti-hostname', 'name'],
]);

/** The objects that have hashes of a file of their own; `binary_ref` is STIX 2.0 for `image_ref`. */
const hashesAt: Readonly<Record<string, readonly string[]>> = {
  file: ['hashes'],
  artifact: ['hashes'],
  process: ['image_ref.hashes', 'binary_ref.hashes'],
};

/** What a text says where it stands on the right-hand side. */
interface Said {
  readonly claim: Claim | null;
  /** A hash that no event field carries. */
  readonly other: string | null;
}

/** What a comparison's left-hand side is for us; a reason: no event field carries it. */
export type Target =
  | {
      readonly names: 'value' | 'destination' | 'hash';
      /** A network may take its place (ISSUBSET). */
      readonly isAddress: boolean;
      /** Of hashes: no event field carries this algorithm. */
      readonly isUnusedHash: boolean;
      readonly read: (text: string) => Said;
    }
  | { readonly reason: SkipReason };

export function toTarget(target: ObjectPath): Target {
  const { objectType, path } = target;
  if (isHashPath(target)) return toHashTarget(path.at(-1) ?? '');
  if (isDestination(target)) {
    const read = (text: string) => ({ claim: { kind: toDestinationKind(text), text }, other: null });
    return { names: 'destination', isAddress: true, isUnusedHash: false, read };
  }
  const kind = valueKinds.get(objectType);
  if (kind === undefined || path.length !== 1 || path[0] !== 'value') return { reason: 'unused-object' };
  const read = (text: string) => ({ claim: { kind, text }, other: null });
  return { names: 'value', isAddress: kind !== 'name', isUnusedHash: false, read };
}

function toHashTarget(algorithm: string): Target {
  const isUnusedHash = toHashKind(algorithm) === null;
  return { names: 'hash', isAddress: false, isUnusedHash, read: (text) => readHash(algorithm, text) };
}

/** `file:hashes.<algorithm>`, the same of an artifact, and of the image of a process. */
export function isHashPath({ objectType, path }: ObjectPath): boolean {
  const places = Object.hasOwn(hashesAt, objectType) ? hashesAt[objectType] : undefined;
  return (places?.includes(path.slice(0, -1).join('.')) ?? false) && path.at(-1) !== '[]';
}

const isTraffic = ({ objectType }: ObjectPath) => objectType === 'network-traffic';

/** Where traffic goes to: what an event of a connection shows. */
function isDestination(target: ObjectPath): boolean {
  return isTraffic(target) && target.path.join('.') === 'dst_ref.value';
}

/** Where traffic comes from, which no looked-up field shows. */
export function isSource(target: ObjectPath): boolean {
  return isTraffic(target) && target.path.join('.') === 'src_ref.value';
}

/** STIX says what `dst_ref` is in a comparison of its own, or not at all; the text shows it. */
export function toDestinationKind(text: string): ClaimKind {
  const [host = ''] = refang(text).split('/');
  if (isIP(host) === 6 || host.includes(':')) return 'ipv6';
  return isIP(host) === 4 || /^[\d.]+$/.test(host) ? 'ipv4' : 'name';
}

/** What is known of traffic beside its two ends, as far as an address alone still names what is meant. */
const trafficDetails: ReadonlySet<string> = new Set([
  'src_ref',
  'dst_ref',
  'src_port',
  'dst_port',
  'protocols',
  'start',
  'end',
  'is_active',
  'src_byte_count',
  'dst_byte_count',
  'src_packets',
  'dst_packets',
  'ipfix',
]);

/**
 * Whether a comparison with `target` only narrows what a comparison of that object type names. It is another property of
 * the same object, or of an address or name a detail of its traffic. What is inside of the traffic (`extensions`,
 * payloads) does not: the address that serves one bad request may serve a thousand others.
 */
export function isDetailOf(target: ObjectPath, objectType: string): boolean {
  if (isHashPath(target) || isDestination(target)) return false;
  if (isTraffic(target)) {
    const isOfTraffic = isTraffic({ objectType, path: [] }) || valueKinds.has(objectType);
    return isOfTraffic && trafficDetails.has(target.path[0] ?? '');
  }
  return target.objectType === objectType && !(valueKinds.has(objectType) && target.path[0] === 'value');
}
