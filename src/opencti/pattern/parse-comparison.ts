import type { Cursor } from './cursor.ts';
import { parseJoined } from './parse-joined.ts';
import { PatternSyntaxError } from './syntax-error.ts';
import type { Comparison, ObjectPath, Test } from './tree.ts';

const stringOperators = new Set(['LIKE', 'MATCHES', 'ISSUBSET', 'ISSUPERSET']);
const signOperators = new Set(['=', '==', '!=', '<>', '<', '<=', '>', '>=']);

/** What stands between `[` and `]`. AND binds tighter than OR (STIX 2.1, 9.4). */
export function parseComparison(cursor: Cursor): Comparison {
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

/** The right-hand side; only strings are kept. */
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
