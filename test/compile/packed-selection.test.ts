import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { Vote } from '../../src/compile/evidence.ts';
import { createSelector, type SelectionOptions } from '../../src/compile/select.ts';
import type { Claim, ObjectFilter, ObjectFilters, SourceRecord, Trust } from '../../src/values/kinds.ts';
import { createValueIndex } from '../../src/values/value-lists.ts';
import { runs } from '../support/runs.ts';
import { selectPlainly } from './support/reference-selection.ts';

const now = Date.parse('2026-11-24T00:00:00Z');
const day = 86_400_000;

const hash = (kind: 'md5' | 'sha1' | 'sha256', digits: number) =>
  fc.constantFrom('a', 'b', 'C', 'd').map((digit): Claim => ({ kind, text: `${digit}0`.repeat(digits / 2) }));
const claim = fc.oneof(
  hash('md5', 32),
  hash('sha1', 40),
  hash('sha256', 64),
  fc.constantFrom<Claim>(
    { kind: 'md5', text: 'nonsense' },
    ...['evil.com', 'EVIL.com.', 'www.evil.com', 'co.uk', 'bücher.evil.net'].map(
      (text) => ({ kind: 'name', text }) as const,
    ),
    ...['31.0.0.1', '31.0.0.0/24', '31.0.0.0/8', '10.0.0.1'].map((text) => ({ kind: 'ipv4', text }) as const),
    ...['2a00::1', '2a00:0::1', '2a00::/48', '::ffff:31.0.0.1'].map(
      (text) => ({ kind: 'ipv6', text }) as const,
    ),
  ),
);
const fileClaims = fc.array(fc.oneof(hash('md5', 32), hash('sha1', 40), hash('sha256', 64)), {
  maxLength: 3,
});
const named = fc.constantFrom('x', 'y', 'z').map((id) => ({ id, name: id.toUpperCase() }));
const time = fc.option(fc.constantFrom(now - 3 * day, now - day, now, now + 1, now + day));
const details = fc.record({
  labels: fc.uniqueArray(named, { maxLength: 2, selector: ({ id }) => id }),
  markings: fc.uniqueArray(named, { maxLength: 1, selector: ({ id }) => id }),
  author: fc.option(named),
  createdAt: time,
  updatedAt: time,
  confidence: fc.option(fc.integer({ min: 0, max: 100 })),
  detection: fc.boolean(),
});
const id = fc.oneof(
  fc.uuid(),
  fc.uuid().map((text) => text.toUpperCase()),
  fc.string({ unit: 'binary', maxLength: 3 }),
);
const otherHash = fc.constantFrom('1f', '2e', '3d').map((digits) => digits.repeat(64));
const trust: fc.Arbitrary<Trust> = fc.array(
  fc.oneof(
    fc.constantFrom('x', 'y').map((author) => ({ authors: new Set([author]) })),
    fc.constantFrom(30, 60).map((confidence) => ({ confidence })),
  ),
  { maxLength: 2 },
);
const common = {
  id,
  score: fc.option(fc.constantFrom(0, 49, 50, 51, 100)),
  unusable: fc.array(fc.constant({ text: 'x', reason: 'pattern-and' as const }), { maxLength: 1 }),
};
const claims = fc.oneof(
  fc.array(claim, { maxLength: 3 }).map((list) => ({ claims: list, oneFile: false })),
  fc.tuple(fileClaims, fc.array(otherHash, { maxLength: 1 })).map(([list, otherHashes]) => ({
    claims: list,
    otherHashes,
    oneFile: list.length + otherHashes.length > 1,
  })),
);
const record: fc.Arbitrary<SourceRecord> = fc
  .tuple(
    claims,
    fc.oneof(
      fc.record({ type: fc.constant('observable' as const), ...common }),
      fc.record({
        type: fc.constant('indicator' as const),
        ...common,
        revoked: fc.boolean(),
        validFrom: time,
        validUntil: time,
        named: fc.option(fc.array(claim, { maxLength: 2 }), { nil: undefined }),
      }),
    ),
    fc.option(details, { nil: undefined }),
  )
  .map(([said, object, known]) => ({ ...object, ...said, ...(known && { details: known }) }));

const ids = fc.option(
  fc.uniqueArray(fc.constantFrom('x', 'y'), { minLength: 1 }).map((list) => new Set(list)),
);
const filter: fc.Arbitrary<ObjectFilter> = fc.record({
  labelsAny: ids,
  labelsNone: ids,
  authorsIn: ids,
  authorsOut: ids,
  markingsAny: ids,
  markingsNone: ids,
  createdAfter: fc.option(fc.constant(now - 2 * day)),
  updatedAfter: fc.option(fc.constant(now - 2 * day)),
});
const noFilter: ObjectFilter = {
  labelsAny: null,
  labelsNone: null,
  authorsIn: null,
  authorsOut: null,
  markingsAny: null,
  markingsNone: null,
  createdAfter: null,
  updatedAfter: null,
};
const section = fc.oneof(fc.constant(noFilter), fc.constant(noFilter), filter);
const filters: fc.Arbitrary<ObjectFilters> = fc.record({
  all: section,
  observables: section,
  indicators: section,
  hash: section,
  address: section,
  name: section,
});
const lists = createValueIndex([
  { list: 'allow', isAllowFile: true, line: 1, meaning: { form: 'value', text: 'a0'.repeat(16) } },
  { list: 'allow', isAllowFile: true, line: 2, meaning: { form: 'suffix', text: 'bücher.evil.net' } },
  { list: 'warning', isAllowFile: false, line: null, meaning: { form: 'value', text: 'www.evil.com' } },
]);
const options: fc.Arbitrary<SelectionOptions> = fc.record(
  {
    minScore: fc.constantFrom(0, 50, 51),
    networks: fc.option(fc.constant({ maxAddresses: 65_536 })),
    now: fc.constant(now),
    grace: fc.constantFrom(0, day),
    detection: fc.boolean(),
    minConfidence: fc.option(fc.constant(50)),
    withIndicator: fc.boolean(),
    kinds: fc.constantFrom(
      ['md5', 'name'] as const,
      ['md5', 'sha1', 'sha256', 'ipv4', 'ipv6', 'name'] as const,
    ),
    filters: fc.option(filters),
    trust,
    lists: fc.constant(lists),
  },
  { requiredKeys: ['minScore', 'networks', 'now'] },
);

interface Answer {
  readonly values: Iterable<{
    readonly kind: string;
    readonly value: string;
    readonly vote: Omit<Vote, 'traits'> | null;
  }>;
  readonly skippedValues: Answer['values'];
  readonly skipped: object;
}

/** In one order, and without the numbers of traits, which the plain one does not have. */
function canonical({ values, skippedValues, skipped }: Answer) {
  const sorted = (list: Answer['values']) =>
    [...list]
      .map((each) => ({ ...each, vote: each.vote && { ...each.vote, traits: 0 } }))
      .sort((a, b) => (`${a.kind} ${a.value}` < `${b.kind} ${b.value}` ? -1 : 1));
  return { values: sorted(values), skippedValues: sorted(skippedValues), skipped };
}

test('any objects and options: the packed selection is the plain one', () => {
  fc.assert(
    fc.property(
      fc.uniqueArray(record, { maxLength: 12, selector: (each) => each.id }),
      options,
      (records, chosen) => {
        const selector = createSelector(chosen);
        for (const each of records) selector.add(each);
        expect(canonical(selector.finish())).toEqual(canonical(selectPlainly(records, chosen)));
      },
    ),
    { numRuns: runs(400) },
  );
});
