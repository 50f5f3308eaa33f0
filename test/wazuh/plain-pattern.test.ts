import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { findTooLarge, isPlainPattern } from '../../src/wazuh/pcre2-size.ts';
import { compilePcre2 } from '../engine-model/pcre2.ts';
import { compileByPcre2 } from '../support/pcre2test.ts';

describe('a plain pattern', () => {
  it.each([
    '',
    'abc',
    '(?:^|,)SHA256=(?:0A(?:1|2)|FF)',
    '(?i)(?:^|\\.)(?:evil|xn--abc_d)\\.com$',
    '^203\\.0\\.113\\.7$',
    '(?:|)',
  ])('is %s', (pattern) => {
    expect(isPlainPattern(pattern)).toBe(true);
  });

  it.each([
    ['(?:a', 'a group that is not closed'],
    ['a)', 'a group that is not open'],
    ['a)(?:b', 'the same, balanced'],
    ['(a)', 'a capture'],
    ['(?!a)b', 'another kind of group'],
    ['(?:a)(?i)b', 'flags that are not in front'],
    ['(?s)a', 'other flags'],
    ['[ab]', 'a class'],
    ['a?', 'a quantifier'],
    ['a{2}', 'a count'],
    ['\\d', 'another escape'],
    ['a\\', 'a backslash at the end'],
    ['a.b', 'any character'],
    ['a<b', 'markup'],
    ['é', 'a character outside of ASCII'],
    [`${'(?:'.repeat(101)}a${')'.repeat(101)}`, 'groups nested too deep'],
  ])('is not %s: %s', (pattern) => {
    expect(isPlainPattern(pattern)).toBe(false);
  });

  it('may be nested, which PCRE2 takes', () => {
    const nested = `${'(?:'.repeat(100)}a${')'.repeat(100)}`;
    expect(isPlainPattern(nested)).toBe(true);
    expect(compileByPcre2([nested])).toEqual([expect.any(Number)]);
  });

  it('is always one that PCRE2 and the model take, of three bytes a character at most', () => {
    const bit = fc.constantFrom('a', 'B7', '(?:', ')', '|', '^', '$', '\\.', ',', '=', '-', ':', '_');
    const text = fc.tuple(fc.constantFrom('', '(?i)'), fc.array(bit, { maxLength: 12 }));
    const made = fc.sample(text, { numRuns: 20_000, seed: 3 }).map(([front, bits]) => front + bits.join(''));
    const plain = made.filter((pattern) => isPlainPattern(pattern) && pattern !== '');
    expect(plain.length).toBeGreaterThan(1_000);
    compileByPcre2(plain).forEach((bytes, at) => {
      const pattern = plain[at] ?? '';
      expect(bytes, pattern).toBeTypeOf('number');
      expect(bytes, pattern).toBeLessThanOrEqual(pattern.length * 3 + 7);
      expect(() => compilePcre2(pattern)).not.toThrow();
    });
  });

  it('is too large where its text is, though', () => {
    expect(findTooLarge('a|'.repeat(8_000))).toBeNull();
    expect(findTooLarge('a|'.repeat(20_000))).toBe(7 + 20_000 * 5);
  });
});
