import type { Claim } from '../observable/kinds.ts';
import type { ObjectDetails, ObservableRecord, UnusableText } from '../observable/record.ts';
import { type Row, takeIntegerOrNull, takeRows, takeText, takeTextOrNull, unfit } from './fields.ts';
import { toHashKind } from './hash-algorithm.ts';
import { type ObservableType, observableTypes } from './observable-types.ts';

/**
 * One node of the observables query. A file's hashes come from `hashes` alone: `observable_value` falls back to
 * its name.
 * @throws OpenCtiError for a type that was not asked for: OpenCTI returns all when it knows none of the asked
 */
export function toObservableRecord(
  row: Row,
  types: ReadonlySet<string>,
  details?: ObjectDetails,
): ObservableRecord {
  const { id, entity_type, x_opencti_score: score, value } = row;
  const type = isText(entity_type) ? entity_type : takeText(row, 'entity_type');
  if (!isAsked(type, types)) throw unfit(row, 'entity_type', `one of ${[...types].join(', ')}`);
  const { valueKind } = observableTypes[type];
  // A value that is null is counted like an empty one.
  const hashes =
    valueKind === null
      ? toHashes(row)
      : {
          claims: [{ kind: valueKind, text: isText(value) ? value : (takeTextOrNull(row, 'value') ?? '') }],
          unusable: none,
        };
  return {
    type: 'observable',
    id: isText(id) ? id : takeText(row, 'id'),
    score: isSmallInteger(score) ? score : takeIntegerOrNull(row, 'x_opencti_score'),
    claims: hashes.claims,
    unusable: hashes.unusable,
    oneFile: valueKind === null && hashes.claims.length > 1,
    details,
  };
}

const none: readonly UnusableText[] = [];
// Fields by name: V8 reads them in a few nanoseconds, by a variable in some hundred.
const isText = (value: unknown): value is string => typeof value === 'string';
const isSmallInteger = (value: unknown): value is number =>
  typeof value === 'number' && (value | 0) === value;
const isAsked = (type: string, types: ReadonlySet<string>): type is ObservableType => types.has(type);

function toHashes(row: Row): { claims: Claim[]; unusable: readonly UnusableText[] } {
  const claims: Claim[] = [];
  const unusable: UnusableText[] = [];
  for (const hash of takeRows(row, 'hashes')) {
    const { algorithm, hash: digits } = hash;
    const kind = toHashKind(isText(algorithm) ? algorithm : takeText(hash, 'algorithm'));
    const text = isText(digits) ? digits : (takeTextOrNull(hash, 'hash') ?? '');
    if (kind) claims.push({ kind, text });
    else unusable.push({ text, reason: 'unused-algorithm' });
  }
  return { claims, unusable };
}
