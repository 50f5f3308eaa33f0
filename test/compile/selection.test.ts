import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { SelectedValue } from '../../src/compile/options.ts';
import { createSelector, type Selection } from '../../src/compile/select.ts';
import type {
  Claim,
  IndicatorRecord,
  ObservableRecord,
  SourceRecord,
  Trust,
} from '../../src/values/kinds.ts';
import { runs } from '../support/runs.ts';

const now = Date.parse('2026-11-24T00:00:00Z');
const hour = 3_600_000;
const sha256 = 'a0'.repeat(32);
const sha1 = 'b0'.repeat(20);
const md5 = 'c0'.repeat(16);
const name: Claim = { kind: 'name', text: 'evil.com' };

function observable(id: string, score: number | null, ...claims: Claim[]): ObservableRecord {
  return { type: 'observable', id, score, claims, unusable: [], oneFile: claims.length > 1 };
}

function indicator(id: string, score: number | null, more: Partial<IndicatorRecord> = {}): IndicatorRecord {
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
    ...more,
  };
}

type Plain = Pick<Selection, 'skipped'> & { readonly values: readonly SelectedValue[] };

function select(records: readonly SourceRecord[], maxAddresses: number | null = 65_536): Plain {
  const networks = maxAddresses === null ? null : { maxAddresses };
  const selector = createSelector({ minScore: 50, networks, now });
  for (const record of records) selector.add(record);
  const { values, skipped } = selector.finish();
  return { values: [...values].map(({ vote, ...value }) => value), skipped };
}

const isIn = (id: string, score: number) => ({
  values: [{ kind: 'name', value: 'evil.com', id, score }],
  skipped: {},
});
const isOut = (reason: string) => ({ values: [], skipped: { [reason]: 1 } });

test.each<[string, SourceRecord[], object]>([
  ['an observable at the minimum', [observable('o', 50, name)], isIn('o', 50)],
  ['an observable below it', [observable('o', 49, name)], isOut('low-score')],
  ['an observable without a score', [observable('o', null, name)], isOut('no-score')],
  ['the better of two observables', [observable('o1', 60, name), observable('o2', 70, name)], isIn('o2', 70)],
  [
    'the smaller id of two equal ones',
    [observable('o2', 60, name), observable('o1', 60, name)],
    isIn('o1', 60),
  ],
  ['an indicator alone', [indicator('i', 80)], isIn('i', 80)],
  ['an indicator over its observable', [observable('o', 90, name), indicator('i', 60)], isIn('i', 60)],
  [
    'a low indicator over its observable',
    [observable('o', 90, name), indicator('i', 40)],
    isOut('low-score'),
  ],
  ['an indicator without a score', [observable('o', 90, name), indicator('i', null)], isOut('no-score')],
  [
    'the best of the indicators',
    [indicator('i1', 55), indicator('i2', 75), indicator('i3', null)],
    isIn('i2', 75),
  ],
  [
    'a revoked indicator',
    [observable('o', 90, name), indicator('i', 90, { revoked: true })],
    isOut('revoked'),
  ],
  [
    'an expired indicator',
    [observable('o', 90, name), indicator('i', 90, { validUntil: now - 1 })],
    isOut('expired'),
  ],
  ['one that ends now', [indicator('i', 90, { validUntil: now })], isOut('expired')],
  ['one that ends later', [indicator('i', 90, { validUntil: now + 1 })], isIn('i', 90)],
  ['one that begins later', [indicator('i', 90, { validFrom: now + 1 })], isOut('expired')],
  ['one that begins now', [indicator('i', 90, { validFrom: now })], isIn('i', 90)],
  ['a dead and a living one', [indicator('i1', 99, { revoked: true }), indicator('i2', 60)], isIn('i2', 60)],
  [
    'a revoked and an expired one',
    [indicator('i1', 99, { validUntil: now - hour }), indicator('i2', 60, { revoked: true })],
    isOut('revoked'),
  ],
])('%s', (_, records, expected) => {
  expect(select(records)).toEqual(expected);
});

describe('hashes of one file', () => {
  const file = observable(
    'file',
    70,
    { kind: 'sha256', text: sha256 },
    { kind: 'sha1', text: sha1 },
    { kind: 'md5', text: md5 },
  );
  const ofMd5 = { claims: [{ kind: 'md5', text: md5 }] as const };

  test('fall together', () => {
    expect(select([file, indicator('i', 90, { ...ofMd5, revoked: true })])).toEqual({
      values: [],
      skipped: { revoked: 3 },
    });
  });

  test('stand together, with the object that decided', () => {
    const { values } = select([indicator('i', 90, ofMd5), file]);
    expect(values.map(({ kind, id, score }) => [kind, id, score]).sort()).toEqual([
      ['md5', 'i', 90],
      ['sha1', 'i', 90],
      ['sha256', 'i', 90],
    ]);
  });

  test('are one file also through two objects', () => {
    const artifact = observable(
      'artifact',
      70,
      { kind: 'md5', text: md5 },
      { kind: 'sha1', text: 'd0'.repeat(20) },
    );
    const dead = indicator('i', 90, { claims: [{ kind: 'sha256', text: sha256 }], validUntil: now - hour });
    expect(select([artifact, dead, file]).skipped).toEqual({ expired: 4 });
  });

  test('the hashes of an indicator that lists many files do not stand together', () => {
    const list = indicator('i1', 90, {
      claims: [
        { kind: 'md5', text: md5 },
        { kind: 'sha1', text: sha1 },
      ],
      revoked: true,
    });
    const { values, skipped } = select([list, indicator('i2', 60, ofMd5)]);
    expect(values).toEqual([{ kind: 'md5', value: md5, id: 'i2', score: 60 }]);
    expect(skipped).toEqual({ revoked: 1 });
  });

  test('the hash of the empty file joins nothing', () => {
    const empty: Claim = { kind: 'md5', text: 'd41d8cd98f00b204e9800998ecf8427e' };
    const one = observable('o1', 70, { kind: 'sha256', text: sha256 }, empty);
    const two = observable('o2', 70, { kind: 'sha256', text: 'e0'.repeat(32) }, empty);
    const dead = indicator('i', 90, { claims: [{ kind: 'sha256', text: sha256 }], revoked: true });
    const { values, skipped } = select([one, two, dead]);
    expect(values.map(({ value }) => value)).toEqual(['e0'.repeat(32)]);
    expect(skipped).toEqual({ 'empty-file': 2, revoked: 1 });
  });
});

describe('a hash that no event field carries', () => {
  const other = '1f'.repeat(64);
  const withOther = (record: ObservableRecord): SourceRecord => ({
    ...record,
    oneFile: true,
    otherHashes: [other],
  });
  const file = withOther(observable('file', 80, { kind: 'sha256', text: sha256 }));
  const ofOther = { claims: [], otherHashes: [other] };

  test('takes the others of its file out where its indicator is dead', () => {
    expect(select([file, indicator('i', 90, { ...ofOther, revoked: true })])).toEqual(isOut('revoked'));
  });

  test('decides their score where its indicator is alive', () => {
    const low = { ...file, score: 10 };
    const { values } = select([low, indicator('i', 90, ofOther)]);
    expect(values).toEqual([{ kind: 'sha256', value: sha256, id: 'i', score: 90 }]);
    expect(select([file, indicator('i', 10, ofOther)])).toEqual(isOut('low-score'));
  });

  test('joins two objects of one file', () => {
    const twin = withOther(observable('twin', 80, { kind: 'md5', text: md5 }));
    const dead = indicator('i', 90, { claims: [{ kind: 'md5', text: md5 }], revoked: true });
    expect(select([file, twin, dead])).toEqual({ values: [], skipped: { revoked: 2 } });
  });

  test('is no value of its own', () => {
    expect(select([indicator('i', 90, ofOther)])).toEqual({ values: [], skipped: {} });
  });
});

describe('an indicator that only names the value', () => {
  const namer = (id: string, score: number | null, more: Partial<IndicatorRecord> = {}) =>
    indicator(id, score, { claims: [], named: [name], ...more });

  test.each<[string, SourceRecord[], object]>([
    ['brings nothing in', [namer('n', 90)], { values: [], skipped: {} }],
    ['is no reason either when it is dead', [namer('n', 90, { revoked: true })], { values: [], skipped: {} }],
    [
      'dead, takes an observable out',
      [observable('o', 90, name), namer('n', 90, { revoked: true })],
      isOut('revoked'),
    ],
    [
      'over, takes an observable out',
      [observable('o', 90, name), namer('n', 90, { validUntil: now })],
      isOut('expired'),
    ],
    ['alive, decides the score: in', [observable('o', 10, name), namer('n', 90)], isIn('n', 90)],
    ['alive, decides the score: out', [observable('o', 90, name), namer('n', 10)], isOut('low-score')],
    [
      'dead, does not count beside a living one',
      [indicator('i', 60), namer('n', 90, { revoked: true })],
      isIn('i', 60),
    ],
    ['alive, decides beside a lower one', [indicator('i', 60), namer('n', 90)], isIn('n', 90)],
    [
      'alive, does not bring back what is dead',
      [indicator('i', 60, { revoked: true }), namer('n', 90)],
      isOut('revoked'),
    ],
    [
      'alive, keeps an observable whose own indicator is dead',
      [observable('o', 10, name), indicator('i', 60, { revoked: true }), namer('n', 90)],
      isIn('n', 90),
    ],
  ])('%s', (_, records, expected) => {
    expect(select(records)).toEqual(expected);
    expect(select([...records].reverse())).toEqual(expected);
  });
});

describe('trust', () => {
  const by = (author: string, record: SourceRecord, confidence: number | null = null): SourceRecord => ({
    ...record,
    details: {
      labels: [],
      markings: [],
      author: { id: author, name: author },
      createdAt: null,
      updatedAt: null,
      confidence,
      detection: null,
    },
  });
  const decideBy = (trust: Trust, records: readonly SourceRecord[]): Plain => {
    const selector = createSelector({ minScore: 50, networks: null, now, trust });
    for (const record of records) selector.add(record);
    const { values, skipped } = selector.finish();
    return { values: [...values].map(({ vote, ...value }) => value), skipped };
  };
  const [cert, feed] = [new Set(['cert']), new Set(['feed'])];
  const vouched = by('cert', observable('o', 90, name));
  const dead = (author: string) => by(author, indicator('dead', 90, { revoked: true }));

  test.each<[string, Trust, SourceRecord[], object]>([
    ['without it, any dead indicator takes out', [], [vouched, dead('feed')], isOut('revoked')],
    ['a less trusted dead one does not', [{ authors: cert }], [vouched, dead('feed')], isIn('o', 90)],
    [
      'nor a less trusted low score',
      [{ authors: cert }],
      [vouched, by('feed', indicator('i', 10))],
      isIn('o', 90),
    ],
    ['an equally trusted dead one does', [{ authors: cert }], [vouched, dead('cert')], isOut('revoked')],
    [
      'a more trusted dead one does',
      [{ authors: feed }, { authors: cert }],
      [vouched, dead('feed')],
      isOut('revoked'),
    ],
    [
      'a less trusted one brings in',
      [{ authors: cert }],
      [dead('cert'), by('feed', indicator('i', 60))],
      isIn('i', 60),
    ],
    [
      'a low score of the more trusted does not keep out what another one brings in',
      [{ authors: cert }],
      [by('cert', observable('o', 10, name)), by('feed', indicator('i', 60))],
      isIn('i', 60),
    ],
    [
      'by confidence',
      [{ confidence: 80 }],
      [
        by('a', indicator('i', 60), 80),
        by('b', indicator('dead', 90, { revoked: true }), 79),
        observable('o', 10, name),
      ],
      isIn('i', 60),
    ],
  ])('%s', (_, trust, records, expected) => {
    expect(decideBy(trust, records)).toEqual(expected);
    expect(decideBy(trust, [...records].reverse())).toEqual(expected);
  });
});

test('every spelling of a value is one value', () => {
  const spellings = ['EVIL.com', 'evil[.]com', ' evil.com. '].map((text, index) =>
    observable(`o${index}`, 60 + index, { kind: 'name', text }),
  );
  expect(select(spellings)).toEqual(isIn('o2', 62));
});

test('texts that are no values count, each of them', () => {
  const bad = observable('o', 90, { kind: 'name', text: 'a b.com' });
  const unusable = { ...observable('p', 90), unusable: [{ text: 'x', reason: 'unused-algorithm' as const }] };
  expect(select([bad, bad, unusable])).toEqual({
    values: [],
    skipped: { 'malformed-name': 2, 'unused-algorithm': 1 },
  });
});

test.each<[string, number | null, object]>([
  ['31.0.0.0/16', 65_536, { values: [expect.objectContaining({ value: '31.0.0.0/16' })], skipped: {} }],
  ['31.0.0.0/15', 65_536, { values: [], skipped: { 'network-too-large': 1 } }],
  ['31.0.0.0/8', 2 ** 24, { values: [expect.objectContaining({ value: '31.0.0.0/8' })], skipped: {} }],
  ['32.0.0.0/7', 2 ** 30, { values: [], skipped: { 'network-too-large': 1 } }],
  ['31.0.0.0/24', null, { values: [], skipped: { network: 1 } }],
  [
    '31.0.0.0/32',
    null,
    { values: [expect.objectContaining({ value: '31.0.0.0', kind: 'ipv4' })], skipped: {} },
  ],
])('network %s with at most %s addresses', (text, most, expected) => {
  expect(select([observable('o', 90, { kind: 'ipv4', text })], most)).toEqual(expected);
});

test.each([
  ['2a00:1450::/48', 1],
  ['2a00:1450::/47', 0],
  ['2a00:1450::1/127', 1],
])('IPv6 networks are measured in /64: %s', (text, count) => {
  expect(select([observable('o', 90, { kind: 'ipv6', text })]).values).toHaveLength(count);
});

test('the order of the objects changes nothing', () => {
  const claim = fc.constantFrom<Claim>(
    name,
    { kind: 'md5', text: md5 },
    { kind: 'sha1', text: sha1 },
    { kind: 'sha256', text: sha256 },
  );
  const score = fc.option(fc.integer({ min: 0, max: 100 }));
  const id = fc.string({ minLength: 1, maxLength: 3 });
  const record = fc.oneof(
    fc
      .record({ id, score, claims: fc.array(claim, { maxLength: 3 }) })
      .map(({ id, score, claims }) => observable(id, score, ...claims)),
    fc
      .record({
        id,
        score,
        claims: fc.array(claim, { maxLength: 3 }),
        revoked: fc.boolean(),
        validUntil: fc.option(fc.constantFrom(now - hour, now + hour)),
      })
      .map(({ id, score, ...more }) => indicator(id, score, more)),
  );
  const canonical = ({ values, skipped }: Plain) => ({
    values: [...values].sort((a, b) => (a.value < b.value ? -1 : 1)),
    skipped,
  });
  const shuffled = fc
    .array(record, { maxLength: 8 })
    .chain((records) =>
      fc.tuple(fc.constant(records), fc.shuffledSubarray(records, { minLength: records.length })),
    );
  fc.assert(
    fc.property(shuffled, ([records, reordered]) => {
      expect(canonical(select(reordered))).toEqual(canonical(select(records)));
    }),
    { numRuns: runs(200) },
  );
});
