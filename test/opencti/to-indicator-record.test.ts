import { expect, test } from 'vitest';
import { toIndicatorRecord } from '../../src/opencti/rows.ts';

const row = {
  id: 'i1',
  x_opencti_score: 80,
  revoked: false,
  valid_from: '2026-01-01T00:00:00.000Z',
  valid_until: null,
  pattern: "[domain-name:value = 'sazoya.com']",
  pattern_type: 'stix',
};

test('times are milliseconds, none is no bound', () => {
  expect(toIndicatorRecord(row)).toMatchObject({ validFrom: Date.UTC(2026, 0, 1), validUntil: null });
});

test.each([
  ['valid_until', { validUntil: 0 }],
  ['valid_from', { validFrom: Number.MAX_SAFE_INTEGER }],
])('a %s that is no time makes a dead indicator, not an error', (field, expected) => {
  expect(toIndicatorRecord({ ...row, [field]: 'soon' })).toMatchObject(expected);
});
