import fc from 'fast-check';
import { expect, test } from 'vitest';
import { readPattern, readPlainPattern } from '../../../src/opencti/stix-pattern/read-pattern.ts';
import { runs } from '../../support/runs.ts';

const target = fc.constantFrom(
  ...['domain-name:value', 'hostname:value', 'ipv4-addr:value', 'ipv6-addr:value', 'url:value', 'file:name'],
  ...[
    'file:hashes.MD5',
    "file:hashes.'SHA-256'",
    "file:hashes.'MD5'",
    'artifact:hashes.SHA1',
    "file:hashes.'x'",
  ],
);
const text = fc.oneof(fc.string({ unit: 'binary', maxLength: 6 }), fc.constantFrom('evil.com', 'a b', ''));
const comparison = fc
  .tuple(target, fc.constantFrom(' = ', ' = ', ' = ', '=', ' != ', ' LIKE '), text)
  .map(([path, operator, value]) => `${path}${operator}'${value}'`);
const pattern = fc
  .tuple(
    fc.array(comparison, { minLength: 1, maxLength: 4 }),
    fc.constantFrom(' OR ', ' OR ', ' AND ', ' OR  '),
  )
  .chain(([parts, joint]) =>
    fc.constantFrom(`[${parts.join(joint)}]`, `[${parts.join(joint)}] `, parts.join(joint)),
  );

test('whatever the quick reader takes, the parser reads the same', () => {
  let taken = 0;
  fc.assert(
    fc.property(pattern, (source) => {
      const claims = readPlainPattern(source);
      if (claims === null) return;
      taken += 1;
      // A comment sends the pattern to the parser, and changes nothing.
      expect(readPattern(`/**/${source}`)).toEqual({ claims, unusable: [], oneFile: false });
      expect(readPattern(source)).toEqual({ claims, unusable: [], oneFile: false });
    }),
    { numRuns: runs(1_000) },
  );
  expect(taken).toBeGreaterThan(runs(1_000) / 100);
});

test.each([
  ["[file:hashes.MD5 = 'x' OR file:hashes.'SHA-256' = 'y']", ['md5', 'sha256']],
  ["[domain-name:value = 'evil.com']", ['name']],
])('%s is read without the parser', (source, kinds) => {
  expect(readPlainPattern(source)?.map(({ kind }) => kind)).toEqual(kinds);
});

test.each([
  "[domain-name:value = 'a\\'b']",
  "[url:value = 'x']",
  "[domain-name:value = 'a'] AND [domain-name:value = 'b']",
  "[domain-name:value = 'a'] ",
  '[]',
  '',
])('%s is left to the parser', (source) => {
  expect(readPlainPattern(source)).toBeNull();
});
