import { toGroup } from './alternation.ts';

const codeOf = (text: string): number => text.charCodeAt(0);

function toClass(characters: readonly string[]): string {
  const [first = '', ...more] = characters;
  const last = more.at(-1) ?? first;
  if (more.length === 0) return first;
  // Two bytes where a class compiles to 33, and the digits of ASCII alone, as the engine compiles patterns without options.
  if (characters.length === 10) return '\\d';
  const gapless = codeOf(last) - codeOf(first) === more.length;
  return gapless && more.length > 1 ? `[${first}-${last}]` : `[${characters.join('')}]`;
}

function toHeads(heads: readonly string[]): string {
  const written = heads.filter((head) => head !== '');
  if (written.length === 0) return '';
  const pattern = renderDigitSet(written);
  if (written.length === heads.length) return pattern;
  return pattern.length === 1 || /^(?:\[[^\]]*\]|\(\?:[^)]*\))$/.test(pattern)
    ? `${pattern}?`
    : `(?:${pattern})?`;
}

/** A pattern for exactly these numbers in decimal: `1[6-9]|2\d|3[01]` for 16 to 31, in a group. */
export function renderDigitSet(numbers: readonly string[]): string {
  const lastDigits = new Map<string, string[]>();
  for (const number of numbers) {
    const head = number.slice(0, -1);
    const digits = lastDigits.get(head) ?? [];
    digits.push(number.slice(-1));
    lastDigits.set(head, digits);
  }
  const headsByClass = new Map<string, string[]>();
  for (const [head, digits] of lastDigits) {
    const digitClass = toClass([...new Set(digits)].sort());
    headsByClass.set(digitClass, [...(headsByClass.get(digitClass) ?? []), head]);
  }
  return toGroup([...headsByClass].map(([digitClass, heads]) => toHeads(heads) + digitClass));
}
