import { type Cursor, createCursor } from './cursor.ts';
import { parseComparison } from './parse-comparison.ts';
import { parseJoined } from './parse-joined.ts';
import { tokenize } from './tokenize.ts';
import type { Observation } from './tree.ts';

/**
 * A STIX 2.1 pattern as a tree. Between observations AND binds tighter than OR, and OR tighter than FOLLOWEDBY
 * (the grammar of STIX 2.1, oasis-open/cti-stix2-json-schemas).
 * @throws PatternSyntaxError
 */
export function parsePattern(text: string): Observation {
  const cursor = createCursor(tokenize(text));
  const pattern = parseObservations(cursor);
  cursor.expectType('end');
  return pattern;
}

function parseObservations(cursor: Cursor): Observation {
  const parseAnd = () => parseJoined(cursor, 'AND', 'and', () => parseQualified(cursor));
  const parseOr = () => parseJoined(cursor, 'OR', 'or', parseAnd);
  return parseJoined(cursor, 'FOLLOWEDBY', 'followedby', parseOr);
}

function parseQualified(cursor: Cursor): Observation {
  const { start } = cursor.peek();
  const observation = parseObservation(cursor);
  let qualified = false;
  while (acceptQualifier(cursor)) qualified = true;
  return qualified ? { type: 'qualified', observation, start, end: cursor.end() } : observation;
}

function parseObservation(cursor: Cursor): Observation {
  const { start } = cursor.peek();
  if (cursor.accept('(')) {
    const inner = cursor.nested(() => parseObservations(cursor));
    cursor.expect(')');
    return inner;
  }
  cursor.expect('[');
  const comparison = parseComparison(cursor);
  cursor.expect(']');
  return { type: 'observation', comparison, start, end: cursor.end() };
}

/** `WITHIN 5 SECONDS`, `REPEATS 3 TIMES`, `START t'...' STOP t'...'` (plain strings in STIX 2.0). */
function acceptQualifier(cursor: Cursor): boolean {
  if (cursor.accept('WITHIN')) {
    cursor.expectType('literal');
    cursor.expect('SECONDS');
    return true;
  }
  if (cursor.accept('REPEATS')) {
    cursor.expectType('literal');
    cursor.expect('TIMES');
    return true;
  }
  if (!cursor.accept('START')) return false;
  cursor.expectType('literal', 'string');
  cursor.expect('STOP');
  cursor.expectType('literal', 'string');
  return true;
}
