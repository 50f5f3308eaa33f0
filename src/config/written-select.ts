import * as v from 'valibot';
import { claimKinds } from '../observable/kinds.ts';
import { builtInLists } from '../value-lists/built-in.ts';
import { duration, durationOrOff, integer, list, oneOf, onOff, text } from './written-types.ts';

const day = 86_400_000;
/** The decision of a value asks once a rank. */
const mostRanks = 10;
const age = durationOrOff(60_000, 36_500 * day);
const names = list(text);

/** With nothing in it, every list would be empty. */
const some = <const Item extends v.GenericSchema>(item: Item) =>
  v.pipe(list(item), v.minLength(1, 'is empty'));

/** Which objects may bring a value in. */
const objectFilter = {
  labels: v.partial(v.strictObject({ any: names, none: names })),
  authors: v.partial(v.strictObject({ in: names, out: names })),
  markings: v.partial(v.strictObject({ any: names, none: names, tlp_max: text })),
  created_within: age,
  updated_within: age,
} as const;

/** Of other types no value can be read; each of their indicators would be counted and nothing more. */
const patternType = v.picklist(
  ['stix'],
  'is not "stix", the one type of which lists can be compiled: rules of Sigma, YARA, Snort and the like name no values',
);

const minScore = integer(0, 100);
const subject = v.partial(v.strictObject({ min_score: minScore, ...objectFilter }));

/** The message completes "<key>: <value> ...". */
const trustRank = v.pipe(
  v.partial(v.strictObject({ authors: some(text), confidence: integer(1, 100) })),
  v.check(
    ({ authors, confidence }) => (authors === undefined) !== (confidence === undefined),
    'is not a rank of trust: it has either authors (names) or confidence (1 to 100)',
  ),
);

/** The section `select` as a person writes it; `docs/selection.md` explains each key. */
export const WrittenSelect = v.partial(
  v.strictObject({
    sources: some(oneOf('observables', 'indicators')),
    kinds: some(oneOf(...claimKinds)),
    trust: v.pipe(list(trustRank), v.maxLength(mostRanks, `has more than ${mostRanks} ranks`)),
    min_score: minScore,
    cidr_max_addresses: integer(1, 2 ** 24),
    ...objectFilter,
    observables: v.partial(v.strictObject({ when: oneOf('any', 'with_indicator'), ...objectFilter })),
    indicators: v.partial(
      v.strictObject({
        pattern_types: list(patternType),
        detection: onOff,
        min_confidence: integer(0, 100),
        grace: duration(0, 365 * day),
        ...objectFilter,
      }),
    ),
    hash: subject,
    address: subject,
    name: subject,
    allow_files: names,
    warning_lists: v.partial(v.strictObject({ built_in: list(oneOf(...builtInLists)), files: names })),
  }),
);

export type WrittenSelect = v.InferOutput<typeof WrittenSelect>;
