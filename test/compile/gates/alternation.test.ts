import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { renderAlternation } from '../../../src/compile/gates/alternation.ts';
import { renderDigitSet } from '../../../src/compile/gates/networks.ts';

const whole = (pattern: string): RegExp => new RegExp(`^(?:${pattern})$`);

function deepest(pattern: string): number {
  let depth = 0;
  let most = 0;
  for (const character of pattern) {
    depth += Number(character === '(') - Number(character === ')');
    most = Math.max(most, depth);
  }
  return most;
}

describe('an alternation', () => {
  it.each([
    [['abc'], 'abc'],
    [['abc', 'xyz'], '(?:abc|xyz)'],
    [['abcdefg', 'abcdefh'], 'abcdef(?:g|h)'],
    [['ab', 'ac'], '(?:ab|ac)'],
    [['a1', 'a2', 'a3', 'a4', 'a5', 'b'], '(?:a(?:1|2|3|4|5)|b)'],
    [['', 'www'], '(?:www|)'],
  ])('of %j is %s', (words, pattern) => {
    expect(renderAlternation(words)).toBe(pattern);
  });

  it('matches its words and no others', () => {
    const word = fc.string({ unit: fc.constantFrom('a', 'b', 'c', '0'), maxLength: 8 });
    fc.assert(
      fc.property(fc.uniqueArray(word, { minLength: 1, maxLength: 60 }), fc.array(word), (words, others) => {
        const pattern = whole(renderAlternation([...words].sort()));
        for (const text of [...words, ...others]) expect(pattern.test(text), text).toBe(words.includes(text));
      }),
    );
  });

  it('is never nested as deep as PCRE2 refuses', () => {
    const ladder = Array.from({ length: 240 }, (_, at) => 'a'.repeat(at + 1));
    const branching = ladder.flatMap((rung) => [rung, `${rung}b`, `${rung}c`, `${rung}d`, `${rung}e`]).sort();
    const pattern = renderAlternation(branching);
    expect(deepest(pattern)).toBeLessThan(50);
    expect(branching.every((word) => whole(pattern).test(word))).toBe(true);
  });
});

describe('a set of numbers', () => {
  it.each([
    [16, 31, '(?:1[6-9]|2\\d|3[01])'],
    [0, 99, '[1-9]?\\d'],
    [100, 199, '1\\d\\d'],
    [112, 113, '11[23]'],
    [7, 7, '7'],
  ])('from %i to %i is %s', (from, to, pattern) => {
    const numbers = Array.from({ length: to - from + 1 }, (_, at) => String(from + at));
    expect(renderDigitSet(numbers)).toBe(pattern);
  });

  it('matches its numbers and no others, for every aligned block of an octet', () => {
    for (let size = 1; size <= 256; size *= 2) {
      for (let first = 0; first < 256; first += size) {
        const numbers = Array.from({ length: size }, (_, at) => String(first + at));
        const pattern = whole(renderDigitSet(numbers));
        const matched = Array.from({ length: 1000 }, (_, at) => at).filter((number) =>
          pattern.test(String(number)),
        );
        expect(matched.map(String)).toEqual(numbers);
      }
    }
  });

  it('matches its numbers and no others, for any set', () => {
    fc.assert(
      fc.property(fc.uniqueArray(fc.nat(255), { minLength: 1 }), (chosen) => {
        const numbers = [...chosen].sort((a, b) => a - b).map(String);
        const pattern = whole(renderDigitSet(numbers));
        const matched = Array.from({ length: 300 }, (_, at) => String(at)).filter((text) =>
          pattern.test(text),
        );
        expect(matched).toEqual(numbers);
      }),
    );
  });
});
