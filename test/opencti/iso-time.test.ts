import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { parseIsoTime } from '../../src/opencti/rows.ts';
import { runs } from '../support/runs.ts';

describe('a time', () => {
  test.each([
    ['as OpenCTI writes it', '2026-03-18T12:30:05.007Z', 1_773_837_005_007],
    ['on the last day of a leap year’s February', '2024-02-29T00:00:00.000Z', 1_709_164_800_000],
    ['without milliseconds', '2026-03-18T12:30:05Z', 1_773_837_005_000],
    ['in another zone', '2026-03-18T12:30:05.007+02:00', 1_773_829_805_007],
    ['before the epoch', '1969-12-31T23:59:59.999Z', -1],
    ['at the epoch', '1970-01-01T00:00:00.000Z', 0],
  ])('%s', (_, text, time) => {
    expect(parseIsoTime(text)).toBe(time);
  });

  test.each([
    '2026-13-18T12:30:05.007Z',
    '2026-00-18T12:30:05.007Z',
    '2026-03-00T12:30:05.007Z',
    '2026-03-18T12:60:05.007Z',
    '2026-03-18T12:30:60.007Z',
    '2026-03-18T12:30:05.0x7Z',
    '2026-0a-18T12:30:05.007Z',
    '2026-03-18T12:30:05:007Z',
    'next week, perhaps later',
    '',
  ])('that is none: %j', (text) => {
    expect(parseIsoTime(text)).toBeNaN();
  });

  test('any date, and any text of its characters: what Date.parse says', () => {
    const dates = fc.date({ noInvalidDate: true }).map((date) => date.toISOString());
    const damaged = fc
      .tuple(dates, fc.nat(23), fc.constantFrom(...'0123456789-:TZ. '))
      .map(([text, at, character]) => `${text.slice(0, at)}${character}${text.slice(at + 1)}`);
    fc.assert(
      fc.property(fc.oneof(dates, damaged), (text) => {
        expect(parseIsoTime(text)).toBe(Date.parse(text));
      }),
      { numRuns: runs(1_000) },
    );
  });
});
