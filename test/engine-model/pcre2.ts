import type { Compiled } from './pattern.ts';

/** Valid in PCRE2, beyond JavaScript: nothing is said about the pattern. */
export class UnsupportedPatternError extends Error {
  constructor(construct: string) {
    super(`the model cannot run "${construct}" of PCRE2`);
    this.name = 'UnsupportedPatternError';
  }
}

/** POSIX classes, inside brackets. */
const posixClasses: Readonly<Record<string, string>> = {
  alpha: 'A-Za-z',
  digit: '0-9',
  alnum: 'A-Za-z0-9',
  upper: 'A-Z',
  lower: 'a-z',
  space: '\\s',
  xdigit: '0-9A-Fa-f',
  punct: '!-\\/:-@\\[-`{-~',
  word: '\\w',
};

/** Escapes that JavaScript spells in another way, or reads as another thing. */
const escapes: Readonly<Record<string, string>> = {
  A: '(?<![\\s\\S])',
  z: '(?![\\s\\S])',
  Z: '(?=\\n?(?![\\s\\S]))',
  h: '[ \\t]',
  H: '[^ \\t]',
  R: '(?:\\r\\n|\\n|\\r)',
  N: '[^\\n]',
  a: '\\x07',
  e: '\\x1b',
};

const unsupportedEscape = /[QEKGXCgpPu]/;
/** Recursion, conditions, atomic groups, comments, verbs, flags inside. */
const unsupportedGroup = /^\((?:\?(?:[|>&#(+R0-9-]|P[>=]|[a-zA-Z-]+[:)])|\*)/;
/** `$`, `^`, `\b` and their like assert a place, and PCRE2 refuses to repeat them. */
const repeated = /^[*+?]|^\{\d+(?:,\d*)?\}/;
const asserting = /^(?:[$^]|\\[AzZbB])$/;
const possessive = /^(?:[*+?]|\{\d+(?:,\d*)?\})\+/;
/** A pattern may begin with `(*UTF)`, which changes nothing for JavaScript, and with flags. */
const front = /^(?:\(\*UTF8?\))?(?:\(\?([a-z]+)\))?/;
const codePoint = /^\\(?:x\{|N\{U\+)([0-9A-Fa-f]{1,4})\}/;

interface Step {
  readonly text: string;
  readonly length: number;
}

function translateEscape(pattern: string, at: number): Step {
  const character = pattern[at + 1];
  if (character === undefined) throw new SyntaxError('the pattern ends with a backslash');
  const code = codePoint.exec(pattern.slice(at, at + 10));
  if (code) return { text: `\\u${(code[1] ?? '').padStart(4, '0')}`, length: code[0].length };
  if (unsupportedEscape.test(character)) throw new UnsupportedPatternError(`\\${character}`);
  return { text: escapes[character] ?? `\\${character}`, length: 2 };
}

/** The index of the bracket that ends the class which opens at `at`; a `]` in front is a member. */
function classMembers(pattern: string, at: number): Step {
  let index = at + 1;
  let text = '[';
  if (pattern[index] === '^') {
    text += '^';
    index += 1;
  }
  const first = index;
  while (index === first || pattern[index] !== ']') {
    if (pattern[index] === undefined) throw new SyntaxError('a character class is not closed');
    const step = classMember(pattern, index);
    text += step.text;
    index += step.length;
  }
  return { text: `${text}]`, length: index + 1 - at };
}

function classMember(pattern: string, at: number): Step {
  const character = pattern[at] ?? '';
  if (character === ']') return { text: '\\]', length: 1 };
  if (character === '[') {
    const posix = /^\[:(\w+):\]/.exec(pattern.slice(at, at + 12));
    if (!posix) return { text: '\\[', length: 1 };
    const members = posixClasses[posix[1] ?? ''];
    if (members === undefined) throw new UnsupportedPatternError(posix[0]);
    return { text: members, length: posix[0].length };
  }
  if (character !== '\\') return { text: character, length: 1 };
  if (pattern[at + 1] === 'h') return { text: ' \\t', length: 2 };
  return translateEscape(pattern, at);
}

function translateStep(pattern: string, at: number, flags: string): Step {
  const character = pattern[at] ?? '';
  switch (character) {
    case '\\':
      return translateEscape(pattern, at);
    case '[':
      return classMembers(pattern, at);
    case '.':
      return { text: flags.includes('s') ? '[\\s\\S]' : '[^\\n]', length: 1 };
    case '$':
      return { text: flags.includes('m') ? '$' : '(?=\\n?(?![\\s\\S]))', length: 1 };
    case '(':
      return translateGroup(pattern, at);
    default:
      if (possessive.test(pattern.slice(at, at + 12)))
        throw new UnsupportedPatternError(pattern.slice(at, at + 2));
      return { text: character, length: 1 };
  }
}

/** A call of a group by its name. With another text after `(?&`, as of an escaped `<`, PCRE2 refuses the pattern. */
const namedCall = /^\(\?&[A-Za-z_]\w{0,31}\)/;

function translateGroup(pattern: string, at: number): Step {
  const head = pattern.slice(at, at + 12);
  if (head.startsWith('(?&') && !namedCall.test(pattern.slice(at, at + 36)))
    throw new SyntaxError('"(?&" is not followed by the name of a group');
  if (head.startsWith('(?:')) return { text: '(?:', length: 3 };
  if (head.startsWith('(?P<')) return { text: '(?<', length: 4 };
  const unsupported = unsupportedGroup.exec(head);
  if (unsupported) throw new UnsupportedPatternError(unsupported[0]);
  return { text: '(', length: 1 };
}

/**
 * PCRE2 by JavaScript's RegExp, flags in front (`(?i)`) included. The engine compiles without UTF and without any
 * flag of its own. Throws SyntaxError for what PCRE2 refuses too, UnsupportedPatternError for what only the model
 * cannot run.
 */
export function compilePcre2(pattern: string): Compiled {
  const [prefix = '', flags = ''] = front.exec(pattern) ?? [];
  if (/[^ims]/.test(flags)) throw new UnsupportedPatternError(prefix);
  const parts: string[] = [];
  for (let at = prefix.length; at < pattern.length; ) {
    const step = translateStep(pattern, at, flags);
    const end = at + step.length;
    if (asserting.test(pattern.slice(at, end)) && repeated.test(pattern.slice(end, end + 12)))
      throw new SyntaxError(`"${pattern.slice(at, end + 1)}" repeats what is not repeatable`);
    parts.push(step.text);
    at = end;
  }
  const expression = new RegExp(parts.join(''), flags.replace('s', ''));
  return (value) => {
    const found = expression.exec(value);
    if (found === null) return null;
    const groups: readonly (string | undefined)[] = found.slice(1);
    // PCRE2 counts groups up to the last that took part; one before it that did not is an empty text to the engine.
    const count = groups.findLastIndex((text) => text !== undefined) + 1;
    return {
      end: found.index + found[0].length,
      captures: groups.slice(0, count).map((text) => text ?? ''),
    };
  };
}
