import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { createSelector, type SelectionOptions } from '../../src/compile/select.ts';
import type {
  Claim,
  IndicatorRecord,
  ObjectDetails,
  ObjectFilter,
  ObjectFilters,
  ObservableRecord,
  SourceRecord,
} from '../../src/values/kinds.ts';
import { createValueIndex, parseAllowFile } from '../../src/values/value-lists.ts';
import { runs } from '../support/runs.ts';

const now = Date.parse('2026-11-24T00:00:00Z');
const day = 86_400_000;
const sha256 = 'a0'.repeat(32);
const md5 = 'c0'.repeat(16);
const name: Claim = { kind: 'name', text: 'evil.com' };

const none: ObjectFilter = {
  labelsAny: null,
  labelsNone: null,
  authorsIn: null,
  authorsOut: null,
  markingsAny: null,
  markingsNone: null,
  createdAfter: null,
  updatedAfter: null,
};

function filters(all: Partial<ObjectFilter>, more: Partial<ObjectFilters> = {}): ObjectFilters {
  return {
    all: { ...none, ...all },
    observables: none,
    indicators: none,
    hash: none,
    address: none,
    name: none,
    ...more,
  };
}

const plain: ObjectDetails = {
  labels: [],
  markings: [],
  author: null,
  createdAt: now - 10 * day,
  updatedAt: now - 5 * day,
  confidence: null,
  detection: null,
};

/** `l:apt m:red a:acme c:3 u:1 confidence:70 detection`: labels, markings, author, ages in days. */
function details(text: string): ObjectDetails {
  const words = text.split(' ').filter(Boolean);
  const of = (prefix: string) =>
    words.filter((word) => word.startsWith(`${prefix}:`)).map((word) => word.slice(prefix.length + 1));
  const named = (prefix: string) => of(prefix).map((id) => ({ id, name: id }));
  const ago = (prefix: string, days: number) => now - Number(of(prefix)[0] ?? days) * day;
  return {
    labels: named('l'),
    markings: named('m'),
    author: named('a')[0] ?? null,
    createdAt: ago('c', 10),
    updatedAt: ago('u', 5),
    confidence: of('confidence').map(Number)[0] ?? null,
    detection: words.includes('detection'),
  };
}

function observable(id: string, score: number | null, text = '', ...claims: Claim[]): ObservableRecord {
  return {
    type: 'observable',
    id,
    score,
    claims: claims.length > 0 ? claims : [name],
    unusable: [],
    oneFile: claims.length > 1,
    details: details(text),
  };
}

function indicator(
  id: string,
  score: number | null,
  text = '',
  more: Partial<IndicatorRecord> = {},
): IndicatorRecord {
  return {
    type: 'indicator',
    id,
    score,
    claims: [name],
    unusable: [],
    oneFile: false,
    revoked: false,
    validFrom: null,
    validUntil: null,
    details: details(text),
    ...more,
  };
}

const dead = { revoked: true };
const over = (days: number) => ({ validUntil: now - days * day });

function decisionsOf(
  records: readonly SourceRecord[],
  options: Partial<SelectionOptions>,
): Record<string, string> {
  const selector = createSelector({ minScore: 50, networks: { maxAddresses: 65_536 }, now, ...options });
  for (const record of records) selector.add(record);
  const { values, skippedValues } = selector.finish();
  return Object.fromEntries([
    ...[...values].map(({ value, id }): [string, string] => [value, `in by ${id}`]),
    ...[...skippedValues].map(({ value, reason }): [string, string] => [value, reason]),
  ]);
}

const decide = (records: readonly SourceRecord[], options: Partial<SelectionOptions>) =>
  decisionsOf(records, options)['evil.com'];

const apt = { labelsAny: new Set(['apt']) };
const noScanner = { labelsNone: new Set(['scanner']) };

/** One row a filter, boundary and reason. */
test.each<[string, Partial<SelectionOptions>, SourceRecord[], string]>([
  // Labels.
  ['a label that is asked for', { filters: filters(apt) }, [observable('o', 60, 'l:apt')], 'in by o'],
  [
    'one of two labels',
    { filters: filters({ labelsAny: new Set(['x', 'apt']) }) },
    [observable('o', 60, 'l:b l:apt')],
    'in by o',
  ],
  ['another label', { filters: filters(apt) }, [observable('o', 60, 'l:x')], 'filtered-label'],
  ['no label', { filters: filters(apt) }, [indicator('i', 60)], 'filtered-label'],
  ['a barred label', { filters: filters(noScanner) }, [observable('o', 60, 'l:scanner')], 'barred-label'],
  [
    'a barred label on one of two objects',
    { filters: filters(noScanner) },
    [observable('o', 60), indicator('i', 90, 'l:scanner')],
    'barred-label',
  ],
  [
    'a barred label on the observable alone',
    { filters: filters(noScanner) },
    [observable('o', 60, 'l:scanner'), indicator('i', 90)],
    'barred-label',
  ],
  [
    'a barred label on an object outside',
    { filters: filters({ ...noScanner, authorsIn: new Set(['acme']) }) },
    [observable('o', 60, 'a:acme'), observable('p', 60, 'a:soc l:scanner')],
    'barred-label',
  ],
  ['no barred label', { filters: filters(noScanner) }, [observable('o', 60, 'l:apt')], 'in by o'],
  // Authors.
  [
    'an author that is asked for',
    { filters: filters({ authorsIn: new Set(['acme']) }) },
    [observable('o', 60, 'a:acme')],
    'in by o',
  ],
  [
    'another author',
    { filters: filters({ authorsIn: new Set(['acme']) }) },
    [observable('o', 60, 'a:x')],
    'filtered-author',
  ],
  [
    'no author where one is asked for',
    { filters: filters({ authorsIn: new Set(['acme']) }) },
    [observable('o', 60)],
    'filtered-author',
  ],
  [
    'an author that is out',
    { filters: filters({ authorsOut: new Set(['acme']) }) },
    [observable('o', 60, 'a:acme')],
    'filtered-author',
  ],
  [
    'no author where one is out',
    { filters: filters({ authorsOut: new Set(['acme']) }) },
    [observable('o', 60)],
    'in by o',
  ],
  // Markings.
  [
    'a marking that is asked for',
    { filters: filters({ markingsAny: new Set(['green']) }) },
    [observable('o', 60, 'm:green')],
    'in by o',
  ],
  [
    'no marking where one is asked for',
    { filters: filters({ markingsAny: new Set(['green']) }) },
    [observable('o', 60)],
    'filtered-marking',
  ],
  [
    'a marking above the ceiling',
    { filters: filters({ markingsNone: new Set(['red']) }) },
    [observable('o', 60, 'm:green m:red')],
    'filtered-marking',
  ],
  [
    'no marking below a ceiling',
    { filters: filters({ markingsNone: new Set(['red']) }) },
    [observable('o', 60)],
    'in by o',
  ],
  // Age.
  [
    'younger than asked for',
    { filters: filters({ createdAfter: now - 3 * day }) },
    [observable('o', 60, 'c:2')],
    'in by o',
  ],
  [
    'as old as asked for',
    { filters: filters({ createdAfter: now - 3 * day }) },
    [observable('o', 60, 'c:3')],
    'filtered-age',
  ],
  [
    'updated since',
    { filters: filters({ updatedAfter: now - 3 * day }) },
    [observable('o', 60, 'c:9 u:2')],
    'in by o',
  ],
  [
    'not updated since',
    { filters: filters({ updatedAfter: now - 3 * day }) },
    [observable('o', 60, 'c:2 u:3')],
    'filtered-age',
  ],
  // Where each filter holds.
  [
    'of observables only',
    { filters: filters({}, { observables: { ...none, ...apt } }) },
    [observable('o', 60), indicator('i', 70)],
    'in by i',
  ],
  [
    'of observables, without an indicator',
    { filters: filters({}, { observables: { ...none, ...apt } }) },
    [observable('o', 60)],
    'filtered-label',
  ],
  [
    'of indicators only',
    { filters: filters({}, { indicators: { ...none, ...apt } }) },
    [indicator('i', 70)],
    'filtered-label',
  ],
  [
    'of names only',
    { filters: filters({}, { name: { ...none, ...apt } }) },
    [observable('o', 60)],
    'filtered-label',
  ],
  [
    'of hashes only',
    { filters: filters({}, { hash: { ...none, ...apt } }) },
    [observable('o', 60)],
    'in by o',
  ],
  [
    'two filters, of which one holds',
    { filters: filters(apt, { observables: { ...none, authorsIn: new Set(['acme']) } }) },
    [observable('o', 60, 'l:apt')],
    'filtered-author',
  ],
  // The dead count wherever they are.
  [
    'a dead indicator outside',
    { filters: filters(apt) },
    [observable('o', 90, 'l:apt'), indicator('i', 90, '', dead)],
    'revoked',
  ],
  [
    'an expired indicator outside',
    { filters: filters(apt) },
    [observable('o', 90, 'l:apt'), indicator('i', 90, '', over(1))],
    'expired',
  ],
  [
    'a living one inside beside a dead one outside',
    { filters: filters(apt) },
    [indicator('i', 60, 'l:apt'), indicator('j', 90, '', dead)],
    'in by i',
  ],
  [
    'a living one outside beside a dead one inside',
    { filters: filters(apt) },
    [indicator('i', 60), indicator('j', 90, 'l:apt', dead)],
    'revoked',
  ],
  // A living indicator outside brings nothing in, and takes nothing away but for its score.
  [
    'a living one outside, its observable inside',
    { filters: filters(apt) },
    [observable('o', 60, 'l:apt'), indicator('i', 70)],
    'in by o',
  ],
  [
    'a low one outside, its observable inside',
    { filters: filters(apt) },
    [observable('o', 90, 'l:apt'), indicator('i', 49)],
    'low-score',
  ],
  [
    'one outside at the minimum',
    { filters: filters(apt) },
    [observable('o', 90, 'l:apt'), indicator('i', 50)],
    'in by o',
  ],
  [
    'one outside without a score',
    { filters: filters(apt) },
    [observable('o', 90, 'l:apt'), indicator('i', null)],
    'no-score',
  ],
  // What indicators have to be.
  ['a detection flag', { detection: true }, [indicator('i', 60, 'detection')], 'in by i'],
  ['no detection flag', { detection: true }, [indicator('i', 60)], 'no-detection'],
  [
    'no detection flag, with an observable',
    { detection: true },
    [observable('o', 90), indicator('i', 60)],
    'no-detection',
  ],
  [
    'an expired one has no flag, and is expired',
    { detection: true },
    [indicator('i', 60, '', over(1))],
    'expired',
  ],
  ['enough confidence', { minConfidence: 70 }, [indicator('i', 60, 'confidence:70')], 'in by i'],
  ['too little confidence', { minConfidence: 70 }, [indicator('i', 60, 'confidence:69')], 'low-confidence'],
  ['no confidence', { minConfidence: 1 }, [indicator('i', 60)], 'low-confidence'],
  [
    'no flag weighs more than no confidence',
    { minConfidence: 1, detection: true },
    [indicator('i', 60, 'detection'), indicator('j', 60, 'confidence:9')],
    'no-detection',
  ],
  [
    'within the grace',
    { grace: 7 * day },
    [indicator('i', 60, '', { validUntil: now - 7 * day + 1 })],
    'in by i',
  ],
  ['at the end of the grace', { grace: 7 * day }, [indicator('i', 60, '', over(7))], 'expired'],
  [
    'revoked within the grace',
    { grace: 7 * day },
    [indicator('i', 60, '', { ...over(1), revoked: true })],
    'revoked',
  ],
  // What observables have to be.
  ['with an indicator only: it has none', { withIndicator: true }, [observable('o', 90)], 'no-indicator'],
  [
    'with an indicator only: it has one',
    { withIndicator: true },
    [observable('o', 90), indicator('i', 60)],
    'in by i',
  ],
  [
    'with an indicator only: one outside',
    { withIndicator: true, filters: filters(apt) },
    [observable('o', 90, 'l:apt'), indicator('i', 60)],
    'no-indicator',
  ],
  // Kinds and scores.
  ['a kind that is asked for', { kinds: ['name'] }, [observable('o', 60)], 'in by o'],
  ['a kind that is not', { kinds: ['sha256', 'ipv4'] }, [observable('o', 60)], 'filtered-kind'],
  [
    'the minimum of its subject',
    { minScores: { hash: null, address: null, name: 70 } },
    [observable('o', 70)],
    'in by o',
  ],
  [
    'below the minimum of its subject',
    { minScores: { hash: null, address: null, name: 70 } },
    [observable('o', 69)],
    'low-score',
  ],
  [
    'a lower minimum of its subject',
    { minScores: { hash: null, address: null, name: 0 } },
    [observable('o', 0)],
    'in by o',
  ],
  [
    'the minimum of another subject',
    { minScores: { hash: 90, address: 90, name: null } },
    [observable('o', 50)],
    'in by o',
  ],
])('%s', (_, options, records, expected) => {
  expect(decide(records, options)).toBe(expected);
  expect(decide(records.toReversed(), options)).toBe(expected);
});

describe('hashes of one file', () => {
  const file = (text: string) =>
    observable('file', 70, text, { kind: 'sha256', text: sha256 }, { kind: 'md5', text: md5 });
  const ofMd5 = (text: string, more: Partial<IndicatorRecord> = {}) =>
    indicator('i', 90, text, { claims: [{ kind: 'md5', text: md5 }], ...more });

  test('a kind that is not asked for still tells that the file is dead', () => {
    expect(decisionsOf([file(''), ofMd5('', dead)], { kinds: ['sha256'] })).toEqual({
      [sha256]: 'revoked',
      [md5]: 'filtered-kind',
    });
  });

  test('a barred label on one of them bars the file', () => {
    expect(decisionsOf([file(''), ofMd5('l:scanner')], { filters: filters(noScanner) })).toEqual({
      [sha256]: 'barred-label',
      [md5]: 'barred-label',
    });
  });

  test('an object outside joins nothing', () => {
    const alone = observable('alone', 60, 'l:apt', { kind: 'sha256', text: sha256 });
    expect(decisionsOf([file(''), alone, ofMd5('', dead)], { filters: filters(apt) })).toEqual({
      [sha256]: 'in by alone',
      [md5]: 'revoked',
    });
  });
});

describe('allow files', () => {
  const lists = createValueIndex(parseAllowFile('ok.evil.com\n.good.com\n31.0.0.0/24\n', 'allow.txt'));
  const of = (kind: Claim['kind'], text: string) => observable('o', 60, '', { kind, text });

  test.each<[Claim['kind'], string, string]>([
    ['name', 'ok.evil.com', 'allowed'],
    ['name', 'www.ok.evil.com', 'in by o'],
    ['name', 'good.com', 'allowed'],
    ['name', 'www.good.com', 'allowed'],
    ['name', 'notgood.com', 'in by o'],
    ['ipv4', '31.0.0.255', 'allowed'],
    ['ipv4', '31.0.1.0', 'in by o'],
    ['ipv4', '31.0.0.0/16', 'allowed'],
    ['ipv4', '31.0.0.128/25', 'allowed'],
    ['ipv4', '31.1.0.0/16', 'in by o'],
  ])('%s %s: %s', (kind, text, expected) => {
    expect(Object.values(decisionsOf([of(kind, text)], { lists }))).toEqual([expected]);
  });

  test('say which line, and only of what would be in', () => {
    const selector = createSelector({ minScore: 50, networks: null, now, lists });
    selector.add(of('name', 'www.good.com'));
    selector.add({ ...of('name', 'good.com'), score: 10 });
    const { skippedValues } = selector.finish();
    expect([...skippedValues]).toMatchObject([
      { reason: 'allowed', listing: { list: 'allow.txt', line: 2, isAllowFile: true } },
      { reason: 'low-score', listing: null },
    ]);
  });

  test('a name above a listed one matches without its subdomains', () => {
    const selector = createSelector({ minScore: 50, networks: null, now, lists });
    selector.add(observable('o', 60));
    selector.add(observable('p', 60, '', { kind: 'name', text: 'other.com' }));
    expect([...selector.finish().values].map(({ value, exactOnly = false }) => [value, exactOnly])).toEqual([
      ['evil.com', true],
      ['other.com', false],
    ]);
  });
});

describe('for any objects and filters', () => {
  const words = ['l:apt', 'l:scanner', 'a:acme', 'm:red', 'c:1', 'u:1', 'confidence:80', 'detection'];
  const text = fc.subarray(words).map((each) => each.join(' '));
  const score = fc.option(fc.integer({ min: 0, max: 100 }));
  const claims = fc.subarray<Claim>([name, { kind: 'md5', text: md5 }, { kind: 'ipv4', text: '31.0.0.1' }], {
    minLength: 1,
  });
  const record = fc.oneof(
    fc.tuple(score, text, claims).map(([s, t, c]) => ({ ...observable('', s, t), claims: c })),
    fc
      .tuple(score, text, claims, fc.boolean(), fc.option(fc.constantFrom(now - day, now + day)))
      .map(([s, t, c, revoked, validUntil]) => indicator('', s, t, { claims: c, revoked, validUntil })),
  );
  const records = fc
    .array(record, { maxLength: 8 })
    .map((each): SourceRecord[] => each.map((one, index) => ({ ...one, id: `id${index}` })));
  const maybe = <T>(value: T) => fc.option(fc.constant(value));
  const filter = fc.record({
    labelsAny: maybe(new Set(['apt'])),
    labelsNone: maybe(new Set(['scanner'])),
    authorsIn: maybe(new Set(['acme'])),
    authorsOut: maybe(new Set(['acme'])),
    markingsAny: maybe(new Set(['red'])),
    markingsNone: maybe(new Set(['red'])),
    createdAfter: maybe(now - 2 * day),
    updatedAfter: maybe(now - 2 * day),
  });
  const options = fc.record({
    filters: fc
      .record({
        all: filter,
        observables: filter,
        indicators: filter,
        hash: filter,
        address: filter,
        name: filter,
      })
      .chain((all) => fc.subarray(Object.keys(all)).map((kept) => filters({}, pick(all, kept)))),
    detection: fc.boolean(),
    minConfidence: maybe(80),
    withIndicator: fc.boolean(),
    kinds: fc.constantFrom<SelectionOptions['kinds'] & {}>(['name', 'md5', 'ipv4'], ['md5']),
  });

  const pick = (all: ObjectFilters, kept: readonly string[]): Partial<ObjectFilters> =>
    Object.fromEntries(Object.entries(all).filter(([key]) => kept.includes(key)));

  test('no filter brings in what would be out without it', () => {
    fc.assert(
      fc.property(records, options, (objects, chosen) => {
        const without = decisionsOf(objects, {});
        for (const [value, decision] of Object.entries(decisionsOf(objects, chosen))) {
          if (decision.startsWith('in')) expect(without[value], value).toMatch(/^in/);
        }
      }),
      { numRuns: runs(600) },
    );
  });

  test('order changes nothing, and in and out are all', () => {
    const shuffled = records.chain((all) =>
      fc.tuple(fc.constant(all), fc.shuffledSubarray(all, { minLength: all.length, maxLength: all.length })),
    );
    fc.assert(
      fc.property(shuffled, options, ([objects, reordered], chosen) => {
        const decisions = decisionsOf(objects, chosen);
        expect(decisionsOf(reordered, chosen)).toEqual(decisions);
        const texts = new Set(objects.flatMap((object) => object.claims.map((claim) => claim.text)));
        expect(new Set(Object.keys(decisions))).toEqual(texts);
      }),
      { numRuns: runs(400) },
    );
  });

  test('an object that was read without its details passes no filter', () => {
    const { details: _, ...bare } = observable('o', 60, 'l:apt');
    expect(decide([bare], { filters: filters(apt) })).toBe('filtered-label');
    expect(decide([{ ...bare, details: plain }], {})).toBe('in by o');
  });
});
