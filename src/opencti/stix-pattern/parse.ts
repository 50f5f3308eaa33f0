import { type Cursor, createCursor, PatternSyntaxError, tokenize } from './tokenize.ts';

/**
 * Parses a STIX 2.1 pattern into a tree. Between observations AND binds tighter than OR, and OR tighter than FOLLOWEDBY
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

/**
 * Takes `WITHIN 5 SECONDS`, `REPEATS 3 TIMES` or `START t'...' STOP t'...'` (plain strings in STIX 2.0), if it is
 * next.
 */
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

const stringOperators = new Set(['LIKE', 'MATCHES', 'ISSUBSET', 'ISSUPERSET']);
const signOperators = new Set(['=', '==', '!=', '<>', '<', '<=', '>', '>=']);

/** Parses the comparisons between `[` and `]`. AND binds tighter than OR (STIX 2.1, 9.4). */
function parseComparison(cursor: Cursor): Comparison {
  return parseJoined(cursor, 'OR', 'or', () => parseJoined(cursor, 'AND', 'and', () => parseOperand(cursor)));
}

function parseOperand(cursor: Cursor): Comparison {
  if (!cursor.accept('(')) return parseTest(cursor);
  const inner = cursor.nested(() => parseComparison(cursor));
  cursor.expect(')');
  return inner;
}

function parseTest(cursor: Cursor): Test {
  const { start } = cursor.peek();
  const leadingNot = cursor.accept('NOT');
  if (cursor.accept('EXISTS')) {
    const target = parseObjectPath(cursor);
    return {
      type: 'test',
      target,
      negated: leadingNot,
      operator: 'EXISTS',
      texts: null,
      start,
      end: cursor.end(),
    };
  }
  if (leadingNot) throw new PatternSyntaxError();
  const target = parseObjectPath(cursor);
  const negated = cursor.accept('NOT');
  const operator = cursor.expectType('word', 'sign').value;
  const texts = parseOperandOf(operator, cursor);
  return { type: 'test', target, negated, operator, texts, start, end: cursor.end() };
}

/** Parses the right-hand side of a comparison; only strings are kept. */
function parseOperandOf(operator: string, cursor: Cursor): readonly string[] | null {
  if (stringOperators.has(operator)) return [cursor.expectType('string').value];
  if (signOperators.has(operator)) return toTexts([parseLiteral(cursor)]);
  if (operator !== 'IN') throw new PatternSyntaxError();
  cursor.expect('(');
  if (cursor.accept(')')) return [];
  const literals: (string | null)[] = [];
  do literals.push(parseLiteral(cursor));
  while (cursor.accept(','));
  cursor.expect(')');
  return toTexts(literals);
}

const toTexts = (literals: readonly (string | null)[]) =>
  literals.every((literal) => literal !== null) ? literals : null;

function parseLiteral(cursor: Cursor): string | null {
  if (cursor.accept('true') || cursor.accept('false')) return null;
  const literal = cursor.expectType('string', 'literal');
  return literal.type === 'string' ? literal.value : null;
}

function parseObjectPath(cursor: Cursor): ObjectPath {
  const objectType = cursor.expectType('word').value;
  cursor.expect(':');
  const path = [parsePathKey(cursor)];
  for (;;) {
    if (cursor.accept('.')) {
      path.push(parsePathKey(cursor));
    } else if (cursor.accept('[')) {
      if (!cursor.accept('*')) cursor.expectType('literal');
      cursor.expect(']');
      path.push('[]');
    } else {
      return { objectType, path };
    }
  }
}

const parsePathKey = (cursor: Cursor) => cursor.expectType('word', 'string', 'key').value;

/** Parses `operand (keyword operand)*`; a single operand is returned as it is. */
function parseJoined<T extends { readonly start: number; readonly end: number }, J extends string>(
  cursor: Cursor,
  keyword: string,
  type: J,
  parseOperand: () => T,
): T | Joined<T, J> {
  const { start } = cursor.peek();
  const first = parseOperand();
  if (!cursor.is(keyword)) return first;
  const parts = [first];
  while (cursor.accept(keyword)) parts.push(parseOperand());
  return { type, parts, start, end: cursor.end() };
}

/** Where a part begins and ends in the text of the pattern. */
interface Span {
  readonly start: number;
  readonly end: number;
}

/** `file:hashes.'SHA-256'` has the object type `file` and the path `['hashes', 'SHA-256']`. An index or `*` is `[]`. */
export interface ObjectPath {
  readonly objectType: string;
  readonly path: readonly string[];
}

/** One comparison with its operator: `=`, `==`, `!=`, `LIKE`, ... */
export interface Test extends Span {
  readonly type: 'test';
  readonly target: ObjectPath;
  readonly negated: boolean;
  readonly operator: string;
  /** The strings of the right-hand side: one, or those of a set. Null when something else is among them. */
  readonly texts: readonly string[] | null;
}

/** Parts that are joined by one operator; parentheses are not kept. */
export interface Joined<T, J extends string> extends Span {
  readonly type: J;
  readonly parts: readonly T[];
}

export type Comparison = Test | Joined<Comparison, 'and' | 'or'>;

/** An observation, `[comparison]`. */
interface SingleObservation extends Span {
  readonly type: 'observation';
  readonly comparison: Comparison;
}

/** An observation or a group of them with WITHIN, REPEATS or START ... STOP. */
interface Qualified extends Span {
  readonly type: 'qualified';
  readonly observation: Observation;
}

export type Observation = SingleObservation | Qualified | Joined<Observation, 'and' | 'or' | 'followedby'>;
