import type { IndicatorRecord, ObjectDetails } from '../observable/record.ts';
import { withCheckedId } from './checked-id.ts';
import { type Row, takeIntegerOrNull, takeText, takeTextOrNull } from './fields.ts';
import { type PatternReading, readPattern } from './pattern/read-pattern.ts';
import { toValidity } from './to-validity.ts';

/**
 * One node of the indicators query. What it is about comes from its pattern alone: `x_opencti_observable_values`
 * (OpenCTI 6.4 and later) has values of negated comparisons too.
 * @throws OpenCtiError naming the field that does not fit
 */
export function toIndicatorRecord(row: Row, details?: ObjectDetails): IndicatorRecord {
  const { revoked, validFrom, validUntil } = toValidity(row);
  const { claims, unusable, oneFile, named, otherHashes } = toReading(row);
  return withCheckedId({
    type: 'indicator',
    id: takeText(row, 'id'),
    score: takeIntegerOrNull(row, 'x_opencti_score'),
    revoked,
    validFrom,
    validUntil,
    claims,
    unusable,
    oneFile,
    named,
    otherHashes,
    details,
  });
}

function toReading(row: Row): PatternReading {
  const text = takeTextOrNull(row, 'pattern') ?? '';
  if (takeTextOrNull(row, 'pattern_type')?.toLowerCase() === 'stix') return readPattern(text);
  return { claims: [], unusable: [{ text, reason: 'pattern-type' }], oneFile: false };
}
