/** The engine's own pattern languages (Wazuh 4.14.7), for names of files, programs and groups; PCRE2 is a third one. */

/** The place in a value where a pattern of OSRegex was found. */
interface OsMatch {
  /** The offset at which the match ends. */
  readonly end: number;
  readonly captures: readonly string[];
}

/**
 * Compiles a pattern of OSRegex, the default language of `<field>`, `<regex>` and decoders: classes after a backslash,
 * one level of parentheses, `|` between whole patterns, no case.
 * @throws SyntaxError where the engine refuses the pattern.
 */
export function compileOsRegex(pattern: string): (value: string) => OsMatch | null {
  // `$` alone matches only an empty value (Wazuh 4.14.7).
  const alternatives = translate(pattern).map((text) => new RegExp(text === '$' ? '^$' : text, 'i'));
  return (value) => {
    for (const alternative of alternatives) {
      const found = alternative.exec(value);
      if (found) return { end: found.index + found[0].length, captures: found.slice(1) };
    }
    return null;
  };
}

/**
 * The classes after a backslash, as parts of a regular expression of JavaScript. Any other character is a syntax error
 * for the engine.
 */
const classes: Readonly<Record<string, string>> = {
  d: '[0-9]',
  D: '[^0-9]',
  w: '[A-Za-z0-9@_-]',
  W: '[^A-Za-z0-9@_-]',
  s: ' ',
  S: '[^ ]',
  t: '\\t',
  p: '[()*+,\\-.:;<=>?\\[\\]!"\'#$%&|{}]',
  '.': '[\\s\\S]',
  '(': '\\(',
  ')': '\\)',
  '\\': '\\\\',
  $: '\\$',
  '|': '\\|',
  '<': '<',
};

const special = /[.*+?^${}()|[\]\\/]/;

interface Translation {
  readonly alternatives: string[];
  depth: number;
}

/**
 * `+` and `*` repeat only a class with a backslash; they match as little as they can, except at the end of the pattern.
 */
function quantifier(pattern: string, at: number): string {
  const sign = pattern[at];
  if (sign !== '+' && sign !== '*') return '';
  const rest = pattern.slice(at + 1);
  return /^\)?\$?(?:\||$)/.test(rest) ? sign : `${sign}?`;
}

function translateClass(pattern: string, at: number): string {
  const known = classes[pattern[at + 1] ?? ''];
  if (known === undefined) throw new SyntaxError(`"\\${pattern[at + 1] ?? ''}" is not a class of OSRegex`);
  return known + quantifier(pattern, at + 2);
}

function track(state: Translation, character: string): void {
  if (character === '(') state.depth += 1;
  if (character === ')') state.depth -= 1;
  if (state.depth < 0 || state.depth > 1 || (character === '|' && state.depth !== 0)) {
    throw new SyntaxError('OSRegex has one level of parentheses, without "|" inside');
  }
}

function isAnchor(pattern: string, at: number): boolean {
  const before = pattern[at - 1];
  if (pattern[at] === '^') return at === 0 || (before === '|' && pattern[at - 2] !== '\\');
  return at === pattern.length - 1 || pattern[at + 1] === '|';
}

function translateLiteral(pattern: string, at: number): string {
  const character = pattern[at] ?? '';
  if (character === '(' || character === ')') return character;
  if ((character === '^' || character === '$') && isAnchor(pattern, at)) return character;
  return special.test(character) ? `\\${character}` : character;
}

function translate(pattern: string): string[] {
  const state: Translation = { alternatives: [], depth: 0 };
  let current = '';
  for (let at = 0; at < pattern.length; at += 1) {
    const character = pattern[at] ?? '';
    if (character === '\\') {
      current += translateClass(pattern, at);
      at += quantifier(pattern, at + 2) === '' ? 1 : 2;
      continue;
    }
    track(state, character);
    if (character === '|') {
      state.alternatives.push(current);
      current = '';
    } else {
      current += translateLiteral(pattern, at);
    }
  }
  if (state.depth !== 0) throw new SyntaxError('a parenthesis is not closed');
  return [...state.alternatives, current];
}

/**
 * Compiles a pattern of OSMatch, the language of `<match>` and `check_value`: substrings without case, `|` for or, `^`
 * and `$` at the ends of an alternative, a leading `!` for not. `^` alone accepts every value.
 */
export function compileOsMatch(pattern: string): Test {
  const negate = pattern.startsWith('!');
  const tests = foldCase(negate ? pattern.slice(1) : pattern)
    .split('|')
    .map(toTest);
  return (value) => {
    const folded = foldCase(value);
    return tests.some((test) => test(folded)) !== negate;
  };
}

/**
 * Returns whether `if_group` finds a rule with these groups: by a substring without case, `|` for or, `^` at the start
 * of an alternative. So `sysmon_event_2` also finds `sysmon_event_22`, and a pattern that ends with `|` finds every
 * rule.
 */
export function matchesGroups(pattern: string, groups: string): boolean {
  if (pattern.endsWith('|')) return true;
  const folded = foldCase(groups);
  return foldCase(pattern)
    .split('|')
    .some((word) => {
      if (word === '') return false;
      return word.startsWith('^') ? folded.startsWith(word.slice(1)) : folded.includes(word);
    });
}

/** Changes only ASCII letters to lower case: the engine compares bytes. */
function foldCase(text: string): string {
  return text.replace(/[A-Z]+/g, (letters) => letters.toLowerCase());
}

type Test = (value: string) => boolean;

function toTest(alternative: string): Test {
  const begins = alternative.startsWith('^');
  const ends = alternative.endsWith('$');
  const word = alternative.slice(begins ? 1 : 0, ends ? -1 : undefined);
  if (begins && ends) return (value) => value === word;
  if (begins) return (value) => value.startsWith(word);
  if (ends) return (value) => value.endsWith(word);
  return (value) => value.includes(word);
}
