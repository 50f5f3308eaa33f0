import type { Claim } from '../../observable/kinds.ts';
import type { UnusableText } from '../../observable/record.ts';
import type { SkipReason } from '../../observable/skip-reasons.ts';
import { parsePattern } from './parse.ts';
import { readPlainPattern } from './read-plain.ts';
import { PatternSyntaxError } from './syntax-error.ts';
import { isHashPath, toTarget } from './target.ts';
import type { Comparison, Observation, Test } from './tree.ts';

/** What a pattern says: texts each of which suffices alone, and the parts that could not be used. */
export interface PatternReading {
  readonly claims: readonly Claim[];
  readonly unusable: readonly UnusableText[];
  /** The whole pattern is several hashes of one file. */
  readonly oneFile: boolean;
}

interface Notes {
  readonly source: string;
  readonly claims: Claim[];
  readonly unusable: UnusableText[];
}

/**
 * Reads any text as a STIX pattern; never throws. Only what suffices alone is a claim: an equality that no AND,
 * NOT, sequence or qualifier binds. The exception is an AND of hashes of one file, each of which names that file.
 */
export function readPattern(source: string): PatternReading {
  const plain = readPlainPattern(source);
  if (plain !== null) return { claims: plain, unusable: [], oneFile: false };
  const notes: Notes = { source, claims: [], unusable: [] };
  try {
    const pattern = parsePattern(source);
    noteObservation(pattern, notes);
    return {
      claims: notes.claims,
      unusable: notes.unusable,
      oneFile: isOneFile(pattern) && notes.claims.length > 1,
    };
  } catch (error) {
    if (!(error instanceof PatternSyntaxError)) throw error;
    return { claims: [], unusable: [{ text: source, reason: 'pattern-syntax' }], oneFile: false };
  }
}

function noteObservation(observation: Observation, notes: Notes): void {
  switch (observation.type) {
    case 'observation':
      noteComparison(observation.comparison, notes);
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

function noteComparison(comparison: Comparison, notes: Notes): void {
  if (comparison.type === 'test') {
    noteTest(comparison, notes);
  } else if (comparison.type === 'or') {
    for (const part of comparison.parts) noteComparison(part, notes);
  } else if (isHashesOfOneFile(comparison)) {
    for (const part of flattenAnd(comparison)) noteComparison(part, notes);
  } else {
    noteUnusable(comparison, 'pattern-and', notes);
  }
}

function noteTest(test: Test, notes: Notes): void {
  const target = toTarget(test.target);
  if ('reason' in target) noteUnusable(test, target.reason, notes);
  else if (test.negated || isUnequal(test)) noteUnusable(test, 'pattern-negated', notes);
  else if (!isEquality(test)) noteUnusable(test, 'pattern-operator', notes);
  else if (test.text === null) noteUnusable(test, 'pattern-literal', notes);
  else notes.claims.push({ kind: target.kind, text: test.text });
}

function noteUnusable(part: { start: number; end: number }, reason: SkipReason, notes: Notes): void {
  notes.unusable.push({ text: notes.source.slice(part.start, part.end), reason });
}

/** True for equalities with hashes of one object, no algorithm with two values: no such file exists. */
function isHashesOfOneFile(comparison: Comparison): boolean {
  const tests = flattenAnd(comparison);
  const hashes = tests.filter(isHashEquality);
  const objects = new Set(hashes.map((test) => test.target.objectType));
  const texts = new Map(hashes.map((test) => [toAlgorithm(test), test.text]));
  const oneValueEach = hashes.every((test) => texts.get(toAlgorithm(test)) === test.text);
  return hashes.length === tests.length && objects.size === 1 && oneValueEach;
}

function flattenAnd(comparison: Comparison): Comparison[] {
  return comparison.type === 'and' ? comparison.parts.flatMap(flattenAnd) : [comparison];
}

const isOneFile = (pattern: Observation) =>
  pattern.type === 'observation' &&
  pattern.comparison.type === 'and' &&
  isHashesOfOneFile(pattern.comparison);
const isHashEquality = (part: Comparison): part is Test =>
  part.type === 'test' && isHashPath(part.target) && !part.negated && isEquality(part) && part.text !== null;
const toAlgorithm = (test: Test) => (test.target.path[1] ?? '').toUpperCase().replace(/^SHA-/, 'SHA');
const isEquality = (test: Test) => test.operator === '=' || test.operator === '==';
const isUnequal = (test: Test) => test.operator === '!=' || test.operator === '<>';
