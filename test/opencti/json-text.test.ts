import fc from 'fast-check';
import { expect, test } from 'vitest';
import { toJsonText } from '../../src/opencti/http.ts';
import { runs } from '../support/runs.ts';

test('any document parses to the same', () => {
  const text = fc.oneof(fc.string({ unit: 'binary' }), fc.string({ unit: 'grapheme' }), fc.string());
  const value = fc.jsonValue({ stringUnit: 'binary' });
  fc.assert(
    fc.property(fc.oneof(text, value), (document) => {
      const bytes = Buffer.from(JSON.stringify(document));
      expect(JSON.parse(toJsonText(bytes))).toEqual(JSON.parse(bytes.toString('utf8')));
    }),
    { numRuns: runs(300) },
  );
});

test('what is no UTF-8 becomes what a decoder makes of it', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 20 }), (noise) => {
      const inside = noise.map((byte) => (byte < 0x80 ? 0x61 : byte));
      const bytes = Buffer.concat([Buffer.from('"'), inside, Buffer.from('"')]);
      expect(JSON.parse(toJsonText(bytes))).toBe(JSON.parse(bytes.toString('utf8')));
    }),
    { numRuns: runs(300) },
  );
});

test.each([
  ['"abc"', '"abc"'],
  ['"bücher"', '"b\\u00fccher"'],
  ['"😀"', '"\\ud83d\\ude00"'],
])('%s is written as %s', (text, expected) => {
  expect(toJsonText(Buffer.from(text))).toBe(expected);
});
