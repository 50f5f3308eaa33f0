import type { IndicatorRecord } from '../observable/record.ts';
import { type Row, takeFlag, takeTimeOrNull } from './fields.ts';

/** What tells whether an indicator is alive. */
export type Validity = Pick<IndicatorRecord, 'revoked' | 'validFrom' | 'validUntil'>;

/** An indicator whose time cannot be read is not alive. */
const never = Number.MAX_SAFE_INTEGER;
const longAgo = 0;

/**
 * Of one indicator, as the API gives it.
 * @throws OpenCtiError naming the field that does not fit
 */
export function toValidity(row: Row): Validity {
  return {
    revoked: takeFlag(row, 'revoked'),
    validFrom: takeTimeOrNull(row, 'valid_from', never),
    validUntil: takeTimeOrNull(row, 'valid_until', longAgo),
  };
}
