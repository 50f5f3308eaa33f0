import type { Claim } from '../observable/kinds.ts';
import type { ObjectDetails, ObservableRecord, UnusableText } from '../observable/record.ts';
import { withCheckedId } from './checked-id.ts';
import { type Row, takeIntegerOrNull, takeRows, takeText, takeTextOrNull, unfit } from './fields.ts';
import { readHash } from './hash-algorithm.ts';
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
          otherHashes: undefined,
        };
  const { claims, unusable, otherHashes } = hashes;
  return withCheckedId({
    type: 'observable',
    id: isText(id) ? id : takeText(row, 'id'),
    score: isSmallInteger(score) ? score : takeIntegerOrNull(row, 'x_opencti_score'),
    claims,
    unusable,
    oneFile: valueKind === null && claims.length + (otherHashes?.length ?? 0) > 1,
    otherHashes,
    details,
  });
}

const none: readonly never[] = [];
// Fields by name: V8 reads them in a few nanoseconds, by a variable in some hundred.
const isText = (value: unknown): value is string => typeof value === 'string';
const isSmallInteger = (value: unknown): value is number =>
  typeof value === 'number' && (value | 0) === value;
const isAsked = (type: string, types: ReadonlySet<string>): type is ObservableType => types.has(type);

function toHashes(row: Row): Pick<ObservableRecord, 'claims' | 'unusable' | 'otherHashes'> {
  const claims: Claim[] = [];
  // Most files have neither.
  let unusable: UnusableText[] | null = null;
  let otherHashes: string[] | null = null;
  for (const hash of takeRows(row, 'hashes')) {
    const { algorithm, hash: digits } = hash;
    const text = isText(digits) ? digits : (takeTextOrNull(hash, 'hash') ?? '');
    const { claim, other } = readHash(isText(algorithm) ? algorithm : takeText(hash, 'algorithm'), text);
    if (claim !== null) claims.push(claim);
    else {
      unusable ??= [];
      unusable.push({ text, reason: 'unused-algorithm' });
    }
    if (other === null) continue;
    otherHashes ??= [];
    otherHashes.push(other);
  }
  return { claims, unusable: unusable ?? none, otherHashes: otherHashes ?? undefined };
}
