import { entityTypeAt, toContent } from './content.ts';
import { toNoise } from './noise.ts';
import type { StoredIndicator } from './objects.ts';
import type { SortField } from './order.ts';
import { foreignPatterns, patternForms, plainPattern, toComparisons } from './pattern.ts';
import type { GeneratedRows } from './reading.ts';
import { toRowId, toRowIndex } from './row-ids.ts';
import { toAuthor, toLabels, toMarkings, toScore, toValidity } from './seeded-parts.ts';
import { lastNotAfter, timeAt } from './timeline.ts';
import { writeIndicator } from './written.ts';

const salt = 2;

/** Where an indicator's values are from: from a row of the observables, or they are its own. */
interface Basis {
  readonly seed: number;
  readonly index: number;
}

/**
 * Two of three indicators have the values of an observable, of every second one; the rest come from a feed that
 * makes indicators only. Every tenth repeats the one before it, as a second feed does.
 */
function toBasis(seed: number, index: number): Basis {
  if (index % 10 === 9) return toBasis(seed, index - 1);
  return index % 3 === 2 ? { seed: seed + 0x5eed, index } : { seed, index: index * 2 };
}

/** Ids of the indicators that are based on row `observable`. */
export function toBasedIndicators(seed: number, count: number, observable: number): readonly string[] {
  const index = observable / 2;
  if (!Number.isInteger(index) || index % 3 === 2 || index % 10 === 9) return [];
  const rows = index % 10 === 8 ? [index, index + 1] : [index];
  return rows.filter((row) => row < count).map((row) => toRowId(seed, salt, row));
}

export function seededIndicators(seed: number, count: number): GeneratedRows<StoredIndicator> {
  const timeSeed = seed + 1;
  return {
    count,
    timeAt: (field, index) => timeAt(timeSeed, field, index),
    lastNotAfter: (field, time) => lastNotAfter(timeSeed, field, count, time),
    entityTypeAt: () => 'Indicator',
    markingsAt: (index) => toMarkings(seed, salt, index),
    idAt: (index) => toRowId(seed, salt, index),
    indexOf: (id) => toRowIndex(seed, salt, count, id),
    textsAt: () => [],
    at: (index) =>
      toIndicator(seed, index, (field) => new Date(timeAt(timeSeed, field, index)).toISOString()),
  };
}

function toIndicator(seed: number, index: number, isoAt: (field: SortField) => string): StoredIndicator {
  const basis = toBasis(seed, index);
  return writeIndicator({
    id: toRowId(seed, salt, index),
    created_at: isoAt('created_at'),
    updated_at: isoAt('updated_at'),
    createdBy: toAuthor(seed, salt, index),
    objectMarking: toMarkings(seed, salt, index),
    objectLabel: toLabels(seed, salt, index),
    x_opencti_score: toScore(seed, salt, index),
    name: `Indicator ${index}`,
    ...toPattern(basis, toNoise(seed, index, 61)),
    ...toValidity(toNoise(seed, index, 62), isoAt('created_at')),
    x_opencti_main_observable_type: entityTypeAt(basis.index),
  });
}

const forms = Object.values(patternForms);
const foreign = Object.entries(foreignPatterns);

/** About one pattern in twenty has an unusual form; about one in fifty is not STIX. */
function toPattern(basis: Basis, noise: number): Pick<StoredIndicator, 'pattern' | 'pattern_type'> {
  const kind = noise % 100;
  const pick = noise >>> 8;
  const [type, text] = foreign[pick % foreign.length] ?? [];
  if (kind < 2 && type && text) return { pattern: text, pattern_type: type };
  const form = kind < 7 ? (forms[pick % forms.length] ?? plainPattern) : plainPattern;
  const comparisons = toComparisons(entityTypeAt(basis.index), toContent(basis.seed, basis.index));
  return { pattern: form(comparisons), pattern_type: 'stix' };
}
