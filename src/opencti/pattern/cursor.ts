import { PatternSyntaxError } from './syntax-error.ts';
import type { Token, TokenType } from './tokenize.ts';

/** Far more than anyone writes, and little enough for the call stack. */
const deepestNesting = 100;

/** A position in the tokens of a pattern. */
export interface Cursor {
  peek(): Token;
  next(): Token;
  /** The end of the last token that was taken. */
  end(): number;
  is(value: string): boolean;
  /** Takes the word or sign if it comes next. */
  accept(value: string): boolean;
  expect(value: string): Token;
  expectType(...types: TokenType[]): Token;
  /** Runs `parse` one level deeper. */
  nested<T>(parse: () => T): T;
}

export function createCursor(tokens: readonly Token[]): Cursor {
  let position = 0;
  let depth = 0;
  const peek = () => tokens[position] ?? fail();
  const next = () => {
    const token = peek();
    position += 1;
    return token;
  };
  const is = (value: string) => {
    const token = peek();
    return token.value === value && (token.type === 'word' || token.type === 'sign');
  };
  return {
    peek,
    next,
    is,
    end: () => tokens[position - 1]?.end ?? 0,
    accept(value) {
      const found = is(value);
      if (found) position += 1;
      return found;
    },
    expect: (value) => (is(value) ? next() : fail()),
    expectType: (...types) => (types.includes(peek().type) ? next() : fail()),
    nested(parse) {
      depth += 1;
      if (depth > deepestNesting) fail();
      const parsed = parse();
      depth -= 1;
      return parsed;
    },
  };
}

function fail(): never {
  throw new PatternSyntaxError();
}
