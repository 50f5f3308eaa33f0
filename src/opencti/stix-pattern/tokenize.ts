/** Far deeper than real patterns, and not too deep for the call stack. */
const deepestNesting = 100;

/** A position in the tokens of a pattern. */
export interface Cursor {
  peek(): Token;
  next(): Token;
  /** Returns the end of the last token that was taken. */
  end(): number;
  is(value: string): boolean;
  /** Takes the word or sign if it is next. @returns whether it was. */
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

/**
 * - `word`: a keyword, object type, property or `true`/`false`; with hyphens, since some patterns have `hashes.SHA-256`
 *   without the quotes that the grammar requires.
 * - `string`: a text in single quotes; its `value` has no escapes. `key`: a text in double quotes, which some patterns have
 *   around the names of hashes.
 * - `literal`: a number, or a timestamp, hex or binary literal: never a value that we use.
 * - `sign`: an operator or punctuation mark.
 */
export type TokenType = 'word' | 'string' | 'key' | 'literal' | 'sign' | 'end';

export interface Token {
  readonly type: TokenType;
  /** The text of a word or sign, or the content of a string. */
  readonly value: string;
  readonly start: number;
  readonly end: number;
}

const twoCharacterSigns = new Set(['==', '!=', '<>', '<=', '>=']);
const oneCharacterSigns = new Set('=<>[]().,:*');
const typedLiteral = /^[thb]'/;

/**
 * Returns the tokens of a STIX 2.1 pattern; the last one is of type `end`. The time is linear in the length of the
 * text.
 */
export function tokenize(text: string): Token[] {
  const tokens: Token[] = [];
  for (let position = skipBlanks(text, 0); position < text.length; ) {
    const token = readToken(text, position);
    tokens.push(token);
    position = skipBlanks(text, token.end);
  }
  tokens.push({ type: 'end', value: '', start: text.length, end: text.length });
  return tokens;
}

function readToken(text: string, start: number): Token {
  const character = text.charAt(start);
  if (character === "'" || character === '"') return readString(text, start);
  if (typedLiteral.test(text.slice(start, start + 2))) {
    return { ...readString(text, start + 1), type: 'literal', start };
  }
  if (isWordStart(character)) return readRun(text, start, 'word', isWordPart);
  if (isNumberStart(character)) return readNumber(text, start);
  const pair = text.slice(start, start + 2);
  if (twoCharacterSigns.has(pair)) return { type: 'sign', value: pair, start, end: start + 2 };
  if (oneCharacterSigns.has(character)) return { type: 'sign', value: character, start, end: start + 1 };
  throw new PatternSyntaxError();
}

function readRun(
  text: string,
  start: number,
  type: TokenType,
  belongs: (character: string) => boolean,
): Token {
  let end = start + 1;
  while (end < text.length && belongs(text.charAt(end))) end += 1;
  return { type, value: text.slice(start, end), start, end };
}

function readNumber(text: string, start: number): Token {
  const number = readRun(text, start, 'literal', isNumberPart);
  if (!/^[+-]?(?:\d+(?:\.\d+)?|\.\d+)$/.test(number.value)) throw new PatternSyntaxError();
  return number;
}

/** Reads a string in a loop: a regular expression overflows the stack on strings of some megabytes. */
function readString(text: string, start: number): Token {
  const quote = text.charAt(start);
  const parts: string[] = [];
  let from = start + 1;
  for (let position = from; position < text.length; position += 1) {
    const character = text.charAt(position);
    if (character === quote) {
      parts.push(text.slice(from, position));
      return { type: quote === "'" ? 'string' : 'key', value: parts.join(''), start, end: position + 1 };
    }
    if (character !== '\\') continue;
    const escaped = text.charAt(position + 1);
    if (escaped !== quote && escaped !== '\\') throw new PatternSyntaxError();
    parts.push(text.slice(from, position));
    position += 1;
    from = position;
  }
  throw new PatternSyntaxError();
}

function skipBlanks(text: string, start: number): number {
  let position = start;
  while (position < text.length) {
    if (isBlank(text.charAt(position))) position += 1;
    else if (text.startsWith('/*', position)) position = endOf(text, '*/', position + 2);
    else if (text.startsWith('//', position)) position = endOfLine(text, position + 2);
    else break;
  }
  return position;
}

function endOf(text: string, mark: string, from: number): number {
  const found = text.indexOf(mark, from);
  if (found < 0) throw new PatternSyntaxError();
  return found + mark.length;
}

function endOfLine(text: string, from: number): number {
  let position = from;
  while (position < text.length && text.charAt(position) !== '\n' && text.charAt(position) !== '\r')
    position += 1;
  return position;
}

const isBlank = (character: string) => character <= ' ' || (character > '~' && /[\s\u0085]/.test(character));
const isWordStart = (character: string) => /[A-Za-z_]/.test(character);
const isWordPart = (character: string) => /[A-Za-z0-9_-]/.test(character);
const isNumberStart = (character: string) => /[0-9+-]/.test(character);
const isNumberPart = (character: string) => /[0-9.]/.test(character);

/** The error that leaves the parser from any depth; only `readPattern` catches it. */
export class PatternSyntaxError extends Error {}
