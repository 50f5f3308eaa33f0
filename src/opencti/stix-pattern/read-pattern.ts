import { isIP } from 'node:net';
import { type Claim, type ClaimKind, toSubject, type UnusableText } from '../../values/kinds.ts';
import { refang } from '../../values/refang.ts';
import type { SkipReason } from '../../values/skip-reasons.ts';
import { readHash, toHashKind } from '../hashes.ts';
import { observableTypes } from '../types.ts';
import { type Comparison, type ObjectPath, type Observation, parsePattern, type Test } from './parse.ts';
import { PatternSyntaxError } from './tokenize.ts';

/**
 * The meaning of a pattern: texts each of which is enough alone, what else it names, and the parts that cannot be
 * used.
 */
export interface PatternReading {
  readonly claims: readonly Claim[];
  readonly unusable: readonly UnusableText[];
  /** True when the whole pattern is several hashes of one file. */
  readonly oneFile: boolean;
  /**
   * Texts that the unusable parts name: they bring nothing in, but the pattern is about them. Left out, there are
   * none.
   */
  readonly named?: readonly Claim[];
  /** Hashes that no event field carries, and that identify a file all the same. Left out, there are none. */
  readonly otherHashes?: readonly string[];
}

interface Notes {
  readonly source: string;
  readonly claims: Claim[];
  readonly unusable: UnusableText[];
  readonly named: Claim[];
  readonly otherHashes: string[];
}

/**
 * Reads any text as a STIX pattern; it never throws. A claim is a text that is enough alone: that of an equality, a member
 * of a set, or a network, without NOT, sequence or qualifier. In an AND, a member is a claim when all others only narrow it,
 * since no event field could test those; and so is each of several hashes of one file.
 */
export function readPattern(source: string): PatternReading {
  const plain = readPlainPattern(source);
  if (plain !== null) return { claims: plain, unusable: [], oneFile: false };
  const notes: Notes = { source, claims: [], unusable: [], named: [], otherHashes: [] };
  try {
    const pattern = parsePattern(source);
    noteObservation(pattern, notes);
    const { claims, unusable, named, otherHashes } = notes;
    return {
      claims,
      unusable,
      oneFile: isOneFile(pattern) && claims.length + otherHashes.length > 1,
      ...(named.length > 0 && { named }),
      ...(otherHashes.length > 0 && { otherHashes }),
    };
  } catch (error) {
    if (!(error instanceof PatternSyntaxError)) throw error;
    return { claims: [], unusable: [{ text: source, reason: 'pattern-syntax' }], oneFile: false };
  }
}

function noteObservation(observation: Observation, notes: Notes): void {
  switch (observation.type) {
    case 'observation':
      noteReading(readComparison(observation.comparison), notes);
      break;
    case 'or':
      for (const part of observation.parts) noteObservation(part, notes);
      break;
    case 'qualified':
      noteUnusable(observation, 'pattern-qualifier', notes);
      break;
    default:
      noteUnusable(observation, 'pattern-sequence', notes);
  }
}

function noteReading({ naming, unusable }: Reading, notes: Notes): void {
  const known = new Set<Comparison>(naming);
  for (const { part, reason } of unusable) {
    if (known.has(part)) notes.unusable.push({ text: notes.source.slice(part.start, part.end), reason });
    else noteUnusable(part, reason, notes);
  }
  for (const test of naming) noteTexts(test, notes.claims, notes);
}

function noteUnusable(part: Observation | Comparison, reason: SkipReason, notes: Notes): void {
  notes.unusable.push({ text: notes.source.slice(part.start, part.end), reason });
  forEachTest(part, (test) => {
    if (isNaming(test)) noteTexts(test, notes.named, notes);
    else if (isSource(test.target) && isPlain(test))
      for (const text of test.texts ?? []) notes.named.push({ kind: toDestinationKind(text), text });
  });
}

function noteTexts(test: Test, claims: Claim[], { otherHashes }: Notes): void {
  const target = toTarget(test.target);
  if ('reason' in target) return;
  for (const text of test.texts ?? []) {
    const { claim, other } = target.read(text);
    if (claim !== null) claims.push(claim);
    if (other !== null) otherHashes.push(other);
  }
}

function forEachTest(part: Observation | Comparison, take: (test: Test) => void): void {
  if (part.type === 'test') take(part);
  else if (part.type === 'qualified') forEachTest(part.observation, take);
  else if (part.type === 'observation') forEachTest(part.comparison, take);
  else for (const each of part.parts) forEachTest(each, take);
}

/** The meaning of one observation. */
interface Reading {
  /** The comparisons that name, each alone, what the pattern is about. */
  readonly naming: readonly Test[];
  readonly unusable: readonly { readonly part: Comparison; readonly reason: SkipReason }[];
}

function readComparison(comparison: Comparison): Reading {
  if (comparison.type === 'test') return readTest(comparison);
  return comparison.type === 'or' ? join(comparison.parts.map(readComparison)) : readAnd(comparison);
}

const join = (readings: readonly Reading[]): Reading => ({
  naming: readings.flatMap(({ naming }) => naming),
  unusable: readings.flatMap(({ unusable }) => unusable),
});

function readTest(test: Test): Reading {
  const reason = findReason(test);
  // A hash of an unused algorithm identifies its file, but no event field carries it.
  const naming = isNaming(test) ? [test] : [];
  return { naming, unusable: reason === null ? [] : [{ part: test, reason }] };
}

/** Returns why a comparison brings nothing in; null when it does. */
function findReason(test: Test): SkipReason | null {
  const target = toTarget(test.target);
  if ('reason' in target) return target.reason;
  if (target.isUnusedHash && !readsAsUsed(test)) return 'unused-algorithm';
  if (test.negated || isUnequal(test)) return 'pattern-negated';
  if (!isPlain(test) || (test.operator === 'ISSUBSET' && !target.isAddress)) return 'pattern-operator';
  if (test.texts === null) return 'pattern-literal';
  if (test.texts.length === 0) return 'pattern-operator';
  return readsAsUsed(test) ? null : 'unused-algorithm';
}

/** Returns whether all hashes can be used by their length: a SHA-256 that is called SHA-512 is a SHA-256 all the same. */
function readsAsUsed(test: Test): boolean {
  const target = toTarget(test.target);
  if ('reason' in target || test.texts === null || test.texts.length === 0) return false;
  return test.texts.every((text) => target.read(text).claim !== null);
}

/** Reads an AND: the members that name one thing, when all others only narrow it; else the whole is unusable. */
function readAnd(and: Comparison): Reading {
  const members = flattenAnd(and).map((member) => ({ member, reading: readComparison(member) }));
  const naming = members.filter(({ reading }) => reading.naming.length > 0);
  const { naming: tests } = join(naming.map(({ reading }) => reading));
  const objectTypes = new Set(tests.map((test) => test.target.objectType));
  const texts = new Set(tests.flatMap((test) => test.texts ?? []));
  const others = members.filter(({ reading }) => reading.naming.length === 0);
  const isUsable =
    naming.length > 0 &&
    isOneThing(naming.map(({ member }) => member)) &&
    others.every(({ member }) => narrows(member, objectTypes, texts));
  return isUsable
    ? join(naming.map(({ reading }) => reading))
    : { naming: [], unusable: [{ part: and, reason: 'pattern-and' }] };
}

/**
 * Returns whether the members name one thing: a single comparison, hashes of one object in which no algorithm has two
 * values, or the same value several times.
 */
function isOneThing(naming: readonly Comparison[]): boolean {
  if (naming.length === 1) return true;
  const tests = naming.filter((member) => member.type === 'test');
  if (tests.length < naming.length || !tests.every(({ texts }) => texts?.length === 1)) return false;
  if (!tests.every(({ target }) => isHashPath(target)))
    return new Set(tests.map(({ texts }) => texts?.[0]?.toLowerCase())).size === 1;
  const values = new Map(tests.map((test) => [toAlgorithm(test), test.texts?.[0]]));
  const oneValueEach = tests.every((test) => values.get(toAlgorithm(test)) === test.texts?.[0]);
  return oneValueEach && new Set(tests.map(({ target }) => target.objectType)).size === 1;
}

/**
 * Returns whether a member only narrows the others.
 * @param texts what the others name: traffic from there is not to it.
 */
function narrows(member: Comparison, objectTypes: ReadonlySet<string>, texts: ReadonlySet<string>): boolean {
  let does = true;
  forEachTest(member, (test) => {
    const isSame = isSource(test.target) && (test.texts ?? []).some((text) => texts.has(text));
    does &&= !isSame && !test.negated && !isUnequal(test);
    for (const objectType of objectTypes) does &&= isDetailOf(test.target, objectType);
  });
  return does;
}

function flattenAnd(comparison: Comparison): Comparison[] {
  return comparison.type === 'and' ? comparison.parts.flatMap(flattenAnd) : [comparison];
}

function isOneFile(pattern: Observation): boolean {
  if (pattern.type !== 'observation' || pattern.comparison.type !== 'and') return false;
  const { naming } = readAnd(pattern.comparison);
  return naming.every(({ target, texts }) => isHashPath(target) && texts?.length === 1) && isOneThing(naming);
}

/** Returns whether a comparison names what it compares with, whether an event field carries that or not. */
function isNaming(test: Test): boolean {
  const target = toTarget(test.target);
  if ('reason' in target || !isPlain(test) || test.texts === null || test.texts.length === 0) return false;
  return test.operator !== 'ISSUBSET' || target.isAddress;
}

const plainOperators: ReadonlySet<string> = new Set(['=', '==', 'IN', 'ISSUBSET']);
const isPlain = (test: Test) => !test.negated && plainOperators.has(test.operator);
const toAlgorithm = (test: Test) => (test.target.path.at(-1) ?? '').toUpperCase().replace(/^SHA-/, 'SHA');
const isUnequal = (test: Test) => test.operator === '!=' || test.operator === '<>';

const valuePath = ['value'];
const nothing = { claim: null, other: null };
/** Matches `domain-name:value = 'x'`, `file:hashes.MD5 = 'x'` or `file:hashes.'SHA-256' = 'x'`, and the text after it. */
const comparison =
  /([a-z][a-z0-9-]*):(?:value|hashes\.(?:'([A-Za-z0-9-]+)'|([A-Za-z][A-Za-z0-9]*))) = '([^'\\]*)'(\]$| OR )/y;

/**
 * Returns the claims of a pattern as feeds write it: one observation, equalities joined by OR, one blank between its parts,
 * no escapes, and each part usable. It returns null for all others, which need the parser; the parser has the same result
 * for these.
 */
export function readPlainPattern(source: string): Claim[] | null {
  if (!source.startsWith('[')) return null;
  const claims: Claim[] = [];
  comparison.lastIndex = 1;
  for (;;) {
    const found = comparison.exec(source);
    if (found === null) return null;
    const [, objectType = '', quoted, bare, text = '', next] = found;
    const algorithm = quoted ?? bare;
    const path = algorithm === undefined ? valuePath : ['hashes', algorithm];
    const target = toTarget({ objectType, path });
    const { claim, other } = 'reason' in target ? nothing : target.read(text);
    if (claim === null || other !== null) return null;
    claims.push(claim);
    if (next !== ' OR ') return claims;
  }
}

/** The objects whose `value` an event field carries. */
const valueKinds = new Map<string, ClaimKind>(
  Object.values(observableTypes).flatMap(({ valueKind, stix }) =>
    valueKind === null ? [] : stix.map((objectType) => [objectType, valueKind] as const),
  ),
);

/** The objects that have hashes of a file of their own; `binary_ref` is STIX 2.0 for `image_ref`. */
const hashesAt: Readonly<Record<string, readonly string[]>> = {
  file: ['hashes'],
  artifact: ['hashes'],
  process: ['image_ref.hashes', 'binary_ref.hashes'],
};

/** The meaning of a text on the right-hand side. */
interface Said {
  readonly claim: Claim | null;
  /** A hash that no event field carries. */
  readonly other: string | null;
}

/** The meaning of a comparison's left-hand side, or the reason: no event field carries it. */
export type Target =
  | {
      readonly names: 'value' | 'destination' | 'hash';
      /** True when it can be compared with a network (ISSUBSET). */
      readonly isAddress: boolean;
      /** True for a hash of an algorithm that no event field carries. */
      readonly isUnusedHash: boolean;
      readonly read: (text: string) => Said;
    }
  | { readonly reason: SkipReason };

function toTarget(target: ObjectPath): Target {
  const { objectType, path } = target;
  if (isHashPath(target)) return toHashTarget(path.at(-1) ?? '');
  if (isDestination(target)) {
    const read = (text: string) => ({ claim: { kind: toDestinationKind(text), text }, other: null });
    return { names: 'destination', isAddress: true, isUnusedHash: false, read };
  }
  const kind = valueKinds.get(objectType);
  if (kind === undefined || path.length !== 1 || path[0] !== 'value') return { reason: 'unused-object' };
  const read = (text: string) => ({ claim: { kind, text }, other: null });
  return { names: 'value', isAddress: toSubject(kind) === 'address', isUnusedHash: false, read };
}

function toHashTarget(algorithm: string): Target {
  const isUnusedHash = toHashKind(algorithm) === null;
  return { names: 'hash', isAddress: false, isUnusedHash, read: (text) => readHash(algorithm, text) };
}

/** Returns whether it is `file:hashes.<algorithm>`, the same of an artifact, or that of the image of a process. */
function isHashPath({ objectType, path }: ObjectPath): boolean {
  const places = Object.hasOwn(hashesAt, objectType) ? hashesAt[objectType] : undefined;
  return (places?.includes(path.slice(0, -1).join('.')) ?? false) && path.at(-1) !== '[]';
}

const isTraffic = ({ objectType }: ObjectPath) => objectType === 'network-traffic';

/** Returns whether it is the destination of traffic, which an event of a connection shows. */
function isDestination(target: ObjectPath): boolean {
  return isTraffic(target) && target.path.join('.') === 'dst_ref.value';
}

/** Returns whether it is the source of traffic, which no looked-up field shows. */
function isSource(target: ObjectPath): boolean {
  return isTraffic(target) && target.path.join('.') === 'src_ref.value';
}

/** Returns the kind of a destination by its text: STIX names it in another comparison, or not at all. */
function toDestinationKind(text: string): ClaimKind {
  const [host = ''] = refang(text).split('/');
  if (isIP(host) === 6 || host.includes(':')) return 'ipv6';
  return isIP(host) === 4 || /^[\d.]+$/.test(host) ? 'ipv4' : 'name';
}

/** The properties of traffic that only narrow it: with a condition on one of them an address is still what is meant. */
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
 * Returns whether a comparison with `target` only narrows what a comparison of that object type names: it is another
 * property of the same object, or, for an address or name, a detail of its traffic. The content of the traffic
 * (`extensions`, payloads) does not count as such: the address that serves one bad request may serve a thousand others.
 */
function isDetailOf(target: ObjectPath, objectType: string): boolean {
  if (isHashPath(target) || isDestination(target)) return false;
  if (isTraffic(target)) {
    const isOfTraffic = isTraffic({ objectType, path: [] }) || valueKinds.has(objectType);
    return isOfTraffic && trafficDetails.has(target.path[0] ?? '');
  }
  return target.objectType === objectType && !(valueKinds.has(objectType) && target.path[0] === 'value');
}
