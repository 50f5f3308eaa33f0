import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { estimateCompiledBytes, maxCompiledBytes } from '../../src/wazuh/pcre2-size.ts';
import { loadOwn } from '../engine-model/tests/sources.ts';
import { compileByPcre2 } from '../support/pcre2test.ts';

/** The bytes are those of PCRE2 10.42 with links of two bytes. */
const known: readonly [pattern: string, bytes: number][] = [
  ['^1\\.2\\.3\\.4$', 23],
  ['^1\\.[0-9]{1,3}$', 51],
  ['^1(?:\\.[0-9]{1,3}){2}$', 103],
  ['^1(?:\\.[0-9]{1,3}){3}$', 149],
  ['(?i)^a[0-9a-f:]+$', 45],
  ['^a(?:b|c|d)?$', 30],
  ['^a(?:b|c|d){0,6}$', 155],
  ['^a(?:b|c|d){3,6}$', 134],
  ['^a(?:b|c|d){3,}$', 65],
  ['(a|b)', 22],
  ['(?!a|b)c', 22],
  ['(?:ab(?:c[01]){2}){3}', 283],
  ['[]a]\\[{', 44],
  ['[^]\\]x]{4}', 45],
];

/** Patterns made of all that the gates are made of, and some more. */
const piece: fc.Arbitrary<string> = fc.letrec<{ pattern: string; item: string }>((tie) => ({
  pattern: fc
    .array(fc.array(tie('item'), { maxLength: 4 }), { minLength: 1, maxLength: 4 })
    .map((branches) => branches.map((branch) => branch.join('')).join('|')),
  item: fc.oneof(
    { maxDepth: 3 },
    fc.constantFrom('a', 'SHA256=', '\\.', '[0-9]', '[0-9a-f:]', '[^.]', '[0-9]{1,3}', 'b{4}', '[ab]+', 'c?'),
    fc
      .tuple(tie('pattern'), fc.constantFrom('', '', '?', '{2}', '{3}', '{0,3}', '{1,3}', '{2,}', '+', '*'))
      .map(([inner, repeat]) => `(?:${inner})${repeat}`),
    tie('pattern').map((inner) => `(?!${inner})`),
  ),
})).pattern;

describe('the estimate of what a pattern compiles to', () => {
  it.each(known)('of %s is at least the %i bytes of PCRE2, and few more', (pattern, bytes) => {
    expect(compileByPcre2([pattern])).toEqual([bytes]);
    const estimate = estimateCompiledBytes(pattern);
    expect(estimate).toBeGreaterThanOrEqual(bytes);
    expect(estimate).toBeLessThanOrEqual(bytes * 1.2 + 4);
  });

  it('is never below the truth', () => {
    const patterns = fc.sample(piece, { numRuns: 2_000, seed: 7 });
    compileByPcre2(patterns).forEach((bytes, at) => {
      const pattern = patterns[at] ?? '';
      expect(bytes, pattern).toBeTypeOf('number');
      expect(estimateCompiledBytes(pattern), pattern).toBeGreaterThanOrEqual(Number(bytes));
    });
  });

  it('tells the patterns that PCRE2 refuses as too large', () => {
    const many = (count: number) => `^(?:${'1(?:\\.[0-9]{1,3}){3}|'.repeat(count)}2)$`;
    const [fits, tooLarge] = compileByPcre2([many(400), many(480)]);
    expect(fits).toBeLessThan(65_536);
    expect(tooLarge).toMatch(/^Failed: error 120 .*regular expression is too large/);
    expect(many(480).length).toBeLessThan(16_000);
    expect(estimateCompiledBytes(many(400))).toBeGreaterThan(maxCompiledBytes);
    expect(estimateCompiledBytes(many(480))).toBeGreaterThan(65_536);
  });
});

describe('a rule of ours with a pattern that compiles to too much', () => {
  const rule = (copies: number) => `<rule id="100600" level="3"><if_sid>1</if_sid>
    <field name="x" type="pcre2">^(?:a[0-9]{2}){${copies}}$</field><description>d</description></rule>`;

  it('is refused, by what it compiles to and not by its length', () => {
    const { problems, ruleset } = loadOwn(rule(1_200));
    expect(problems).toMatchObject([{ cause: 'pattern-too-large', ruleId: 100_600, line: 3 }]);
    expect(ruleset.tree.rules.has(100_600)).toBe(false);
  });

  it('is taken below the limit', () => {
    expect(loadOwn(rule(800)).problems).toEqual([]);
  });
});
