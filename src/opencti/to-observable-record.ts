import type { Claim } from '../observable/kinds.ts';
import type { ObservableRecord, UnusableText } from '../observable/record.ts';
import { type Row, takeIntegerOrNull, takeRows, takeText, takeTextOrNull, unfit } from './fields.ts';
import { toHashKind } from './hash-algorithm.ts';
import { type ObservableType, observableTypes } from './observable-types.ts';

/**
 * One node of the observables query. A file's hashes come from `hashes` alone: `observable_value` falls back to
 * its name.
 * @throws OpenCtiError for a type that was not asked for: OpenCTI returns all when it knows none of the asked
 */
export function toObservableRecord(row: Row, types: ReadonlySet<string>): ObservableRecord {
  const type = takeText(row, 'entity_type');
  if (!isAsked(type, types)) throw unfit(row, 'entity_type', `one of ${[...types].join(', ')}`);
  const { valueKind } = observableTypes[type];
  const base = {
    type: 'observable',
    id: takeText(row, 'id'),
    score: takeIntegerOrNull(row, 'x_opencti_score'),
  } as const;
  // A value that is null is counted like an empty one.
  if (valueKind) {
    const claim = { kind: valueKind, text: takeTextOrNull(row, 'value') ?? '' };
    return { ...base, claims: [claim], unusable: [], oneFile: false };
  }
  const { claims, unusable } = toHashes(row);
  return { ...base, claims, unusable, oneFile: claims.length > 1 };
}

const isAsked = (type: string, types: ReadonlySet<string>): type is ObservableType => types.has(type);

function toHashes(row: Row): { claims: Claim[]; unusable: UnusableText[] } {
  const claims: Claim[] = [];
  const unusable: UnusableText[] = [];
  for (const hash of takeRows(row, 'hashes')) {
    const kind = toHashKind(takeText(hash, 'algorithm'));
    const text = takeTextOrNull(hash, 'hash') ?? '';
    if (kind) claims.push({ kind, text });
    else unusable.push({ text, reason: 'unused-algorithm' });
  }
  return { claims, unusable };
}
