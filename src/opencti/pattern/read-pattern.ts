import type { Claim } from '../../observable/kinds.ts';
import type { UnusableText } from '../../observable/record.ts';
import type { SkipReason } from '../../observable/skip-reasons.ts';
import { parsePattern } from './parse.ts';
import { readPlainPattern } from './read-plain.ts';
import { PatternSyntaxError } from './syntax-error.ts';
import { isDetailOf, isHashPath, isSource, toDestinationKind, toTarget } from './target.ts';
import type { Comparison, Observation, Test } from './tree.ts';

/** What a pattern says: texts each of which suffices alone, what else it names, and the parts that could not be used. */
export interface PatternReading {
  readonly claims: readonly Claim[];
  readonly unusable: readonly UnusableText[];
  /** The whole pattern is several hashes of one file. */
  readonly oneFile: boolean;
  /** Texts that the unusable parts name: they bring nothing in, but the pattern is about them. Left out: none. */
  readonly named?: readonly Claim[];
  /** Hashes that no event field carries, which name a file all the same. Left out: none. */
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
 * Reads any text as a STIX pattern; never throws. A claim is what names the thing by itself: an equality, a member of a set
 * or a network, which no NOT, sequence or qualifier binds. Of an AND it is the member that names the thing when all others
 * only narrow it, since no event field could test them; and each of several hashes of one file.
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

/** What stands in one observation. */
interface Reading {
  /** The comparisons of which each names what is meant. */
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
  // A hash of an unused algorithm names its file, and no event field carries it.
  const naming = isNaming(test) ? [test] : [];
  return { naming, unusable: reason === null ? [] : [{ part: test, reason }] };
}

/** Why a comparison brings nothing in; null: it does. */
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

/** A SHA-256 that is called SHA-512 is one all the same, and a SHA-512 that is called MD5. */
function readsAsUsed(test: Test): boolean {
  const target = toTarget(test.target);
  if ('reason' in target || test.texts === null || test.texts.length === 0) return false;
  return test.texts.every((text) => target.read(text).claim !== null);
}

/** The members that name the thing, when there is one thing and the others only narrow it; else the whole is unusable. */
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

/** A comparison, or several: hashes of one object, no algorithm with two values, or one value again and again. */
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

/** @param texts what is named: traffic that comes from there does not go there. */
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

/** It names what it is compared with, whether an event field carries that or not. */
function isNaming(test: Test): boolean {
  const target = toTarget(test.target);
  if ('reason' in target || !isPlain(test) || test.texts === null || test.texts.length === 0) return false;
  return test.operator !== 'ISSUBSET' || target.isAddress;
}

const plainOperators: ReadonlySet<string> = new Set(['=', '==', 'IN', 'ISSUBSET']);
const isPlain = (test: Test) => !test.negated && plainOperators.has(test.operator);
const toAlgorithm = (test: Test) => (test.target.path.at(-1) ?? '').toUpperCase().replace(/^SHA-/, 'SHA');
const isUnequal = (test: Test) => test.operator === '!=' || test.operator === '<>';
