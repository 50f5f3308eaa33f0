import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { toEndingPattern, toExactOnly, toNameKey } from '../../../src/compile/gates/names.ts';
import { runs } from '../../support/runs.ts';
import { compile, makeName, makeNames, matcherOf, scored, toRandom, treeOf, walkerOf } from './values.ts';
import { toRegExp } from './walk.ts';

const exactNames = ['github.io', 'duckdns.org', 'discord.com', 'cdn.discordapp.com', 'co.uk'];
const handMade = [
  ...['evil.com', 'www.evil.com', 'a-b.evil-x.ru', 'xn--80ak6aa92e.com', '_dmarc.bad.museum', 'x.yz'],
  ...[
    'mine.github.io',
    `${'l'.repeat(63)}.com`,
    `${'m'.repeat(63)}.${'n'.repeat(63)}.xyz`,
    '1.2.top',
    'bad.xn--p1ai',
  ],
];

/** The reference: the name itself, or what is left of it after one of its dots; one dot at the end does not count. */
function toReference(names: ReadonlySet<string>, exact: ReadonlySet<string>): (text: string) => boolean {
  return (text) => {
    const lower = text.toLowerCase().replace(/\.$/, '');
    if (exact.has(lower)) return true;
    for (let at = 0; at >= 0; at = lower.indexOf('.', at) + 1 || -1) {
      const rest = lower.slice(at);
      if (names.has(rest) && !exact.has(rest)) return true;
    }
    return false;
  };
}

const mixCase = (text: string, mask: number): string =>
  [...text].map((one, at) => ((mask >> (at % 30)) & 1 ? one.toUpperCase() : one)).join('');

/** What a program may ask, made from a listed name. */
const twists: readonly ((name: string) => string)[] = [
  (name) => name,
  (name) => `www.${name}`,
  (name) => `a.b-c.d.${name}`,
  (name) => `_ldap._tcp.${name}`,
  (name) => `${'k'.repeat(63)}.${name}`,
  (name) => `xn--d1acufc.${name}`,
  (name) => `.${name}`,
  (name) => `a..${name}`,
  (name) => `not${name}`,
  (name) => `not-${name}`,
  (name) => `_${name}`,
  (name) => `${name}.example`,
  (name) => `${name}.com`,
  (name) => `${name}x`,
  (name) => `${name}.`,
  (name) => `www.${name}.`,
  (name) => `${name}..`,
  (name) => `${name}.com.`,
  (name) => name.slice(1),
  (name) => name.slice(0, -1),
  (name) => name.slice(name.indexOf('.') + 1),
  (name) => name.replace('.', '..'),
  (name) => name.replace('.', ''),
  (name) => name.replace('.', '-'),
  (name) => name.replace(/\.[^.]*$/, '.com'),
  (name) => name.replace(/\.[^.]*$/, '.zip'),
  (name) => `${name.slice(0, 2)}.${name.slice(2)}`,
];

describe.each([10, 1_000, runs(20_000, 100_000)])('name gates for %i values', (size) => {
  const names = [...new Set([...handMade, ...exactNames, ...makeNames(Math.max(size - 16, 0))])].slice(
    0,
    Math.max(size, 16),
  );
  const plan = compile({ name: scored(names) });
  const matches = matcherOf(plan, 'win_query');
  const reference = toReference(new Set(names), new Set(exactNames));

  it('match what a walk over the endings matches', () => {
    let hits = 0;
    fc.assert(
      fc.property(
        fc.nat(names.length - 1),
        fc.constantFrom(...twists),
        fc.oneof(fc.constant(0), fc.nat()),
        (index, twist, mask) => {
          const text = mixCase(twist(names[index] ?? ''), mask);
          const expected = reference(text);
          hits += Number(expected);
          expect(matches(text), text).toBe(expected);
        },
      ),
      { numRuns: runs(600) },
    );
    expect(hits).toBeGreaterThan(runs(600) / 10);
    expect(hits).toBeLessThan(runs(600) * 0.8);
  });

  it('match every listed name, and each below one in upper case', () => {
    const step = Math.ceil(names.length / 2_000);
    const exact = new Set(exactNames);
    for (let index = 0; index < names.length; index += step) {
      const name = names[index] ?? '';
      expect(matches(name), name).toBe(true);
      expect(matches(`WWW.A.${name.toUpperCase()}`), name).toBe(!exact.has(name));
    }
  });

  it('match no name that is not listed', () => {
    const random = toRandom(4711);
    for (let index = 0; index < 1_000; index++) {
      const name = `q${makeName(random)}`;
      expect(matches(name), name).toBe(reference(name));
    }
  });

  it('cost an event that matches nothing fewer than 60 gates on average', () => {
    const walk = walkerOf(plan, 'win_query');
    const random = toRandom(815);
    const tried = Array.from({ length: 500 }, () => walk(`www.q${makeName(random)}`).tried);
    expect(tried.reduce((sum, one) => sum + one, 0) / tried.length).toBeLessThan(60);
  });

  it('say which names match without their subdomains', () => {
    expect(plan.exactOnly).toEqual([...exactNames].sort());
  });
});

describe('names by hand', () => {
  const plan = compile(
    { name: scored(['evil.com', 'github.io', 'pastebin.com', 'shared.example.net']) },
    {
      isExactOnly: toExactOnly(['shared.example.net']),
    },
  );
  const matches = matcherOf(plan, 'win_query');

  it.each([
    ['evil.com', true],
    ['EVIL.com', true],
    ['evil.com.', true],
    ['CDN.Evil.Com.', true],
    ['evil.com..', false],
    ['evil.co.', false],
    ['com.', false],
    ['.', false],
    ['cdn.Evil.Com', true],
    ['notevil.com', false],
    ['not-evil.com', false],
    ['evil.com.example', false],
    ['evilxcom', false],
    ['evil.co', false],
    ['com', false],
    ['github.io', true],
    ['GitHub.IO', true],
    ['github.io.', true],
    ['www.github.io.', false],
    ['WWW.GitHub.io', false],
    ['xgithub.io', false],
    ['pastebin.com', true],
    ['raw.pastebin.com', false],
    ['Shared.Example.NET', true],
    ['shared.example.net.', true],
    ['one.shared.example.net.', false],
    ['one.shared.example.net', false],
    ['1.2.3.4', false],
  ])('%s: %s', (text, expected) => {
    expect(matches(text)).toBe(expected);
  });

  it('are one gate with both kinds, right below the root of the field', () => {
    const { gates } = treeOf(compile({ name: scored(['evil.com', 'discord.com']) }), 'win_query');
    expect(gates.map(({ parent, pattern }) => [parent, pattern])).toEqual([
      [null, '(?i)(?:(?:^|\\.)evil|^discord)\\.com\\.?$'],
    ]);
  });

  it('hold a name and one below it', () => {
    const { gates } = treeOf(compile({ name: scored(['evil.com', 'a.evil.com']) }), 'win_query');
    expect(gates.map(({ pattern }) => pattern)).toEqual(['(?i)(?:^|\\.)(?:a\\.|)evil\\.com\\.?$']);
  });

  it.each(['localhost', 'Upper.com', 'a b.com', 'a(b.com', '.com'])(
    'refuse the unchecked name %s',
    (name) => {
      expect(() => compile({ name: scored([name]) })).toThrow(/not a checked name/);
    },
  );
});

describe('a dot at the end of a name', () => {
  // Of every symbol of a top-level domain, of others that are spelled out, and exact ones in deep leaves.
  const crowd = Array.from({ length: 3_000 }, (_, at) => `n${at.toString(36)}.cdn.example-hosting.museum`);
  const names = [...new Set([...handMade, ...exactNames, ...crowd, ...makeNames(60_000, 9)])];
  const plan = compile({ name: scored(names) });
  const { gates } = treeOf(plan, 'win_query');
  const byId = new Map(gates.map((gate) => [gate.id, gate]));
  const walk = walkerOf(plan, 'win_query');

  const depthOf = (gate: (typeof gates)[number] | undefined): number =>
    gate === undefined ? 0 : 1 + depthOf(byId.get(gate.parent ?? -1));

  it('leads to the same leaf, whatever its depth and whichever its top-level domain', () => {
    const depths = new Set<number>();
    const tops = new Set<string>();
    for (const name of [...handMade, ...exactNames, ...names.filter((_, at) => at % 40 === 0)]) {
      const { leaf } = walk(name);
      expect(leaf, name).toBeDefined();
      expect(walk(`${name}.`).leaf, `${name}.`).toBe(leaf);
      expect(walk(`${name}..`).leaf, `${name}..`).toBeUndefined();
      depths.add(depthOf(leaf));
      tops.add(name.slice(name.lastIndexOf('.')));
    }
    expect(depths.size).toBeGreaterThan(4);
    expect([...tops]).toEqual(expect.arrayContaining(['.com', '.museum', '.pl', '.xn--p1ai']));
  });

  it('is allowed by every gate, once', () => {
    for (const { pattern } of gates) expect(pattern).toMatch(/[^.?]\\\.\?\$$/);
    expect(gates.filter(({ leaf }) => !leaf).length).toBeGreaterThan(50);
  });

  /** Depths at which the gate is that of every other top-level domain, too: those of the first eight symbols, and its own. */
  const admitsOthers: Record<string, number[]> = { '.com': [3], '.museum': [3, 6], '.tr': [] };

  it.each([
    ['the symbols of eight top-level domains', 3],
    ['a top-level domain', 6],
    ['a class of characters', 9],
    ['a character', 12],
    ['a class of characters after several', 27],
    ['several characters', 30],
  ])('is allowed by the gate of %s', (_, depth) => {
    for (const name of ['some-host.evil.com', 'some-host.evil.museum', 'some-host.evil.tr']) {
      const condition = toRegExp(toEndingPattern(toNameKey(name, false), depth));
      expect([name, `${name}.`].filter((text) => condition.test(text))).toEqual([name, `${name}.`]);
      expect(condition.test(`${name}..`)).toBe(false);
      const top = name.slice(name.lastIndexOf('.'));
      expect(condition.test(`${name}.zz.`)).toBe(admitsOthers[top]?.includes(depth));
    }
  });
});

describe('thousands of names below one host', () => {
  const names = Array.from({ length: 4_000 }, (_, index) => `host-${index}.dyn.example-provider.org`);
  const matches = matcherOf(compile({ name: scored(names) }), 'win_query');

  it('match alone and not by what they share', () => {
    for (const name of names) expect(matches(`x.${name}`)).toBe(true);
    expect(matches('dyn.example-provider.org')).toBe(false);
    expect(matches('host-4000.dyn.example-provider.org')).toBe(false);
    expect(matches('st-1.dyn.example-provider.org')).toBe(false);
  });
});
