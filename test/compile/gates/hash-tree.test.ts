import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { runs } from '../../support/runs.ts';
import { compile, makeHashes, matcherOf, scored, treeOf, walkerOf } from './values.ts';

type Label = 'SHA1' | 'MD5' | 'SHA256' | 'IMPHASH';

const digits = '0123456789ABCDEF';

function changeDigit(hash: string, at: number): string {
  const digit = digits.indexOf(hash.charAt(at));
  return hash.slice(0, at) + digits.charAt((digit + 1) % 16) + hash.slice(at + 1);
}

const upper = (hashes: readonly string[]): string[] => hashes.map((hash) => hash.toUpperCase());

describe.each([10, 1_000, runs(20_000, 100_000)])('hash gates for %i values an algorithm', (size) => {
  const listed = {
    SHA256: upper(makeHashes('sha256', size)),
    SHA1: upper(makeHashes('sha1', size)),
    MD5: upper(makeHashes('md5', size)),
  };
  const strangers = {
    SHA256: upper(makeHashes('sha256', 50, 1)),
    SHA1: upper(makeHashes('sha1', 50, 1)),
    MD5: upper(makeHashes('md5', 50, 1)),
    IMPHASH: upper(makeHashes('md5', 50, 2)),
  };
  const plan = compile({
    sha256: scored(listed.SHA256.map((hash) => hash.toLowerCase())),
    sha1: scored(listed.SHA1.map((hash) => hash.toLowerCase())),
    md5: scored(listed.MD5.map((hash) => hash.toLowerCase())),
  });
  const matches = matcherOf(plan, 'win_hashes');
  const sets = {
    SHA256: new Set(listed.SHA256),
    SHA1: new Set(listed.SHA1),
    MD5: new Set(listed.MD5),
    IMPHASH: new Set<string>(),
  };

  /** An entry of a composite: a listed hash, a stranger, or one digit of a listed one changed. */
  const entry = (label: Label): fc.Arbitrary<string> => {
    const source = label === 'IMPHASH' ? listed.MD5 : listed[label];
    const own = fc.nat(size - 1).map((index) => source[index] ?? '');
    const stranger = fc.nat(49).map((index) => strangers[label][index] ?? '');
    const near = fc.tuple(own, fc.nat(15)).map(([hash, at]) => changeDigit(hash, at));
    const weight = label === 'IMPHASH' ? 4 : 2;
    return fc
      .oneof({ weight, arbitrary: own }, { weight: 4, arbitrary: stranger }, { weight: 2, arbitrary: near })
      .map((hash) => `${label}=${hash}`);
  };
  const composite = fc
    .shuffledSubarray<Label>(['SHA1', 'MD5', 'SHA256', 'IMPHASH'], { minLength: 1 })
    .chain((labels) => fc.tuple(...labels.map(entry)));

  const isListed = (text: string): boolean => {
    const [label = '', hash = ''] = text.split('=');
    return label in sets && sets[label as Label].has(hash);
  };

  it('match composites in every order and subset as a set does', () => {
    let hits = 0;
    fc.assert(
      fc.property(composite, (entries) => {
        const expected = entries.some(isListed);
        hits += Number(expected);
        expect(matches(entries.join(','))).toBe(expected);
      }),
      { numRuns: runs(400) },
    );
    expect(hits).toBeGreaterThan(runs(400) / 10);
    expect(hits).toBeLessThan(runs(400) * 0.8);
  });

  it('match every listed hash alone, and the last of a composite', () => {
    const step = Math.ceil(size / 500);
    for (const label of ['SHA256', 'SHA1', 'MD5'] as const) {
      for (let index = 0; index < size; index += step) {
        const text = `${label}=${listed[label][index]}`;
        expect(matches(text), text).toBe(true);
        expect(matches(`IMPHASH=${strangers.IMPHASH[0]},${text}`), text).toBe(true);
      }
    }
  });

  it.each([
    ['under the name of another algorithm', () => `IMPHASH=${listed.MD5[3]}`],
    ['as a longer algorithm', () => `SHA256=${listed.MD5[3]}${listed.MD5[3]}`],
    ['as the beginning of another hash', () => `SHA1=${listed.SHA256[3]?.slice(0, 40)}`],
    ['in lower case', () => `MD5=${listed.MD5[3]?.toLowerCase()}`],
    ['without a label', () => `${listed.MD5[3]}`],
    ['one digit late', () => `SHA256=0${listed.SHA256[3]?.slice(0, 63)}`],
  ])('do not match a listed hash %s', (_, toText) => {
    expect(matches(toText())).toBe(false);
  });

  it('are the same on every hash field, with ids of their own', () => {
    const patterns = (field: 'win_hashes' | 'win_stream') =>
      treeOf(plan, field).gates.map(({ pattern, leaf }) => ({ pattern, leaf }));
    const ids = (field: 'win_hashes' | 'win_stream') => treeOf(plan, field).gates.map(({ id }) => id);
    expect(patterns('win_stream')).toEqual(patterns('win_hashes'));
    expect(ids('win_stream').filter((id) => ids('win_hashes').includes(id))).toEqual([]);
  });

  it('cost an event that matches nothing at most 25 gates an algorithm', () => {
    const walk = walkerOf(plan, 'win_hashes');
    for (const hash of strangers.SHA256) expect(walk(`SHA256=${hash}`).tried).toBeLessThanOrEqual(25);
    for (let index = 0; index < 50; index++) {
      const text = `MD5=${strangers.MD5[index]},SHA256=${strangers.SHA256[index]},SHA1=${strangers.SHA1[index]}`;
      expect(walk(text).tried).toBeLessThanOrEqual(75);
    }
  });
});

describe('the compared digits', () => {
  const hash = makeHashes('sha256', 1)[0] ?? '';
  const text = `SHA256=${hash.toUpperCase()}`;

  it.each([
    ['auto', 64],
    [12, 12],
    [64, 64],
    [40, 40],
  ] as const)('%s: %i of a SHA-256', (prefix, compared) => {
    const matches = matcherOf(compile({ sha256: scored([hash]) }, { prefix }), 'win_hashes');
    const at = 'SHA256='.length;
    expect(matches(text)).toBe(true);
    expect(matches(changeDigit(text, at + compared - 1))).toBe(false);
    if (compared < 64) expect(matches(changeDigit(text, at + compared))).toBe(true);
  });

  it('are all of an MD5 when more are wanted than it has', () => {
    const md5 = makeHashes('md5', 1)[0] ?? '';
    const matches = matcherOf(compile({ md5: scored([md5]) }, { prefix: 64 }), 'win_hashes');
    expect(matches(`MD5=${md5.toUpperCase()}`)).toBe(true);
    expect(matches(changeDigit(`MD5=${md5.toUpperCase()}`, 35))).toBe(false);
  });

  it('are one entry for hashes that share them', () => {
    const twin = changeDigit(hash.toUpperCase(), 30).toLowerCase();
    const plan = compile({ sha256: scored([hash, twin]) }, { fields: ['win_hashes'], prefix: 16 });
    expect(treeOf(plan, 'win_hashes').gates.map(({ pattern }) => pattern)).toEqual([
      `SHA256=${hash.slice(0, 16).toUpperCase()}`,
    ]);
  });
});

describe('the shape of a hash tree', () => {
  it('is one leaf for ten values, right below the root of the field', () => {
    const { gates } = treeOf(compile({ md5: scored(makeHashes('md5', 10)) }), 'win_stream');
    expect(gates).toHaveLength(1);
    expect(gates[0]).toMatchObject({ parent: null, leaf: true });
  });

  it('has no border before the label: no label of Sysmon ends in another one', () => {
    const { gates } = treeOf(compile({ md5: scored([`${'0'.repeat(31)}a`]) }), 'win_hashes');
    expect(gates.map(({ pattern }) => pattern)).toEqual([`MD5=${'0'.repeat(31)}A`]);
    const labels = ['SHA1', 'MD5', 'SHA256', 'IMPHASH'];
    for (const label of labels) expect(labels.filter((other) => other.endsWith(label))).toEqual([label]);
  });

  it('goes by every two bits above its leaves when one gate cannot hold the values', () => {
    // 20,000 times 61 bytes and a little are 60 leaves at least: 64 at a depth of 6 bits, and no gate at 6 bits above them.
    const plan = compile(
      { sha256: scored(makeHashes('sha256', 20_000)) },
      { fields: ['win_hashes'], prefix: 64 },
    );
    const { gates } = treeOf(plan, 'win_hashes');
    const inner = gates.filter(({ leaf }) => !leaf);
    const below = (id: number | null) => gates.filter(({ parent }) => parent === id);
    expect(below(null)).toEqual([inner[0]]);
    expect(inner[0]?.pattern).toBe('SHA256=');
    const second = below(inner[0]?.id ?? 0);
    expect(second.map(({ pattern }) => pattern)).toEqual([
      'SHA256=[0-3]',
      'SHA256=[4-7]',
      'SHA256=[8-B]',
      'SHA256=[C-F]',
    ]);
    expect(below(second[2]?.id ?? 0).map(({ pattern }) => pattern)).toEqual([
      'SHA256=8',
      'SHA256=9',
      'SHA256=A',
      'SHA256=B',
    ]);
    expect(gates.filter(({ leaf }) => leaf).length).toBeGreaterThanOrEqual(64);
  });

  it('holds hashes that share all but their last compared digits', () => {
    const crowd = Array.from(
      { length: 5_000 },
      (_, index) => `${index.toString(16).padStart(16, '0')}${'a'.repeat(48)}`,
    );
    const plan = compile({ sha256: scored(crowd) });
    const matches = matcherOf(plan, 'win_hashes');
    for (const hash of crowd) expect(matches(`SHA256=${hash.toUpperCase()}`)).toBe(true);
    expect(matches(`SHA256=${'0'.repeat(12)}1388${'A'.repeat(48)}`)).toBe(false);
  });
});
