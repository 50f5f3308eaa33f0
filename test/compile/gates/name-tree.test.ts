import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { toExactOnly } from '../../../src/compile/gates/exact-only.ts';
import { compile, makeName, makeNames, matcherOf, scored, toRandom, treeOf, walkerOf } from './values.ts';

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

/** The reference: the name itself, or what is left of it after one of its dots. */
function toReference(names: ReadonlySet<string>, exact: ReadonlySet<string>): (text: string) => boolean {
  return (text) => {
    const lower = text.toLowerCase();
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

describe.each([10, 1_000, 100_000])('name gates for %i values', (size) => {
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
      { numRuns: 2_500 },
    );
    expect(hits).toBeGreaterThan(250);
    expect(hits).toBeLessThan(2_000);
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
    ['cdn.Evil.Com', true],
    ['notevil.com', false],
    ['not-evil.com', false],
    ['evil.com.example', false],
    ['evilxcom', false],
    ['evil.co', false],
    ['com', false],
    ['github.io', true],
    ['GitHub.IO', true],
    ['WWW.GitHub.io', false],
    ['xgithub.io', false],
    ['pastebin.com', true],
    ['raw.pastebin.com', false],
    ['Shared.Example.NET', true],
    ['one.shared.example.net', false],
    ['1.2.3.4', false],
  ])('%s: %s', (text, expected) => {
    expect(matches(text)).toBe(expected);
  });

  it('are one gate with both kinds, under a root that asks for a dot', () => {
    const { root, gates } = treeOf(compile({ name: scored(['evil.com', 'discord.com']) }), 'win_query');
    expect(root.pattern).toBe('\\.');
    expect(gates.map(({ pattern }) => pattern)).toEqual(['(?i)(?:(?:^|\\.)evil|^discord)\\.com$']);
  });

  it('hold a name and one below it', () => {
    const { gates } = treeOf(compile({ name: scored(['evil.com', 'a.evil.com']) }), 'win_query');
    expect(gates.map(({ pattern }) => pattern)).toEqual(['(?i)(?:^|\\.)(?:a\\.|)evil\\.com$']);
  });

  it.each(['localhost', 'Upper.com', 'a b.com', 'a(b.com', '.com'])(
    'refuse the unchecked name %s',
    (name) => {
      expect(() => compile({ name: scored([name]) })).toThrow(/not a checked name/);
    },
  );
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
