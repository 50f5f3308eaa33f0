import { describe, expect, test } from 'vitest';
import { lintRuleFiles } from '../../src/compile/lint.ts';
import { type RuleFile, renderRuleFiles } from '../../src/wazuh/rules.ts';
import { planOptions } from '../support/plan-options.ts';
import { compile, makeHashes, makeIpv6Networks, makeNames, makeNetworks, scored } from './gates/values.ts';

const { trees } = compile(
  {
    sha256: scored(makeHashes('sha256', 40_000)),
    md5: scored(makeHashes('md5', 5_000)),
    name: scored(makeNames(20_000)),
    'ipv4-network': scored(makeNetworks(2_000, [16, 28])),
    'ipv6-network': scored(makeIpv6Networks(1_000)),
  },
  { prefix: 16 },
);

const render = (splitAt: number | null): RuleFile[] =>
  renderRuleFiles({
    ...planOptions.rules,
    patterns: planOptions.gates,
    gates: new Map(trees.map((tree) => [tree.field, tree.gates] as const)),
    splitAt,
  });

const gateFiles = (files: readonly RuleFile[]) => files.filter(({ path }) => path.includes('/0011-'));

/** In the order in which the engine loads files: that of the bytes of their names. */
const inLoadOrder = (files: readonly RuleFile[]) =>
  files.toSorted((a, b) => Buffer.compare(Buffer.from(a.path), Buffer.from(b.path)));

interface Rule {
  readonly id: number;
  readonly parents: readonly number[];
  readonly text: string;
}

function toRules(files: readonly RuleFile[]): Rule[] {
  const texts = files.flatMap(({ text }) => text.match(/<rule id=.*?<\/rule>/gs) ?? []);
  return texts.map((text) => ({
    id: Number(/id="(\d+)"/.exec(text)?.[1]),
    parents: (/<if_sid>(.*)<\/if_sid>/.exec(text)?.[1] ?? '').split(',').map(Number),
    text,
  }));
}

const whole = render(null);

describe.each([
  ['a few', 2, 1_500_000],
  ['more than nine', 10, 150_000],
  ['more than ninety-nine', 100, 26_000],
])('gates in %s files', (_, least, splitAt) => {
  const files = render(splitAt);
  const parts = gateFiles(files);

  test('each have fewer bytes than were asked for', () => {
    for (const { path, text } of parts) expect(Buffer.byteLength(text), path).toBeLessThanOrEqual(splitAt);
    const bytes = parts.reduce((sum, { text }) => sum + Buffer.byteLength(text), 0);
    // None is much emptier than it could be, the first apart: it has what every site has.
    expect(parts.length).toBeLessThanOrEqual(2 + Math.ceil((1.9 * bytes) / splitAt));
    expect(parts.length).toBeGreaterThanOrEqual(least);
  });

  test('load in the order in which they are given, by their names, before the alert rules', () => {
    const rules = files.filter(({ path }) => path.startsWith('rules/'));
    expect(rules.length).toBe(parts.length + 1);
    expect(inLoadOrder(rules)).toEqual(rules);
    for (const { path } of parts) expect(path).toMatch(/^rules\/0011-opencti-gates-\d+\.xml$/);
    // The server API takes such names only (facts of the engine, gates first).
    for (const { path } of parts) expect(path.replace('rules/', '')).toMatch(/^[\w-]+\.xml$/);
  });

  test('have every parent before its children', () => {
    const known = new Set([1, 2, 3, 4, 5, 6, 7]);
    for (const { id, parents, text } of toRules(inLoadOrder(parts))) {
      expect(parents.length, text).toBeGreaterThan(0);
      for (const parent of parents) expect(known.has(parent), `${id} below ${parent}`).toBe(true);
      known.add(id);
    }
  });

  test('are together the very rules of one file', () => {
    const byId = (rules: readonly Rule[]) => rules.toSorted((a, b) => a.id - b.id);
    const split = toRules(parts);
    expect(split.length).toBeGreaterThan(200);
    expect(byId(split)).toEqual(byId(toRules(gateFiles(whole))));
    // No rule is in two of them.
    expect(new Set(split.map(({ id }) => id)).size).toBe(split.length);
  });

  test('keep the order of siblings, in which they are tried', () => {
    const order = (files: readonly RuleFile[]) => {
      const children = new Map<string, number[]>();
      for (const { id, parents } of toRules(files)) {
        const key = parents.join();
        children.set(key, [...(children.get(key) ?? []), id]);
      }
      return children;
    };
    expect(order(inLoadOrder(parts))).toEqual(order(gateFiles(whole)));
  });

  test('are taken by the lint', () => {
    expect(() => lintRuleFiles(files, planOptions.rules.blocks)).not.toThrow();
  });
});
