import { describe, expect, test } from 'vitest';
import { listNames } from '../../../src/wazuh/fields.ts';
import { namesOwn, ownPaths, toOwnFile } from '../../../src/wazuh/ours.ts';
import { renderRuleFiles } from '../../../src/wazuh/rules.ts';
import { planOptions } from '../../support/plan-options.ts';

/** Written by hand but for the lists of later sources: a manager has these, and an update has to know them. */
const paths = [
  'lists/opencti-win-hashes',
  'lists/opencti-win-hash',
  'lists/opencti-win-destination-ip',
  'lists/opencti-win-query-name',
  'lists/opencti-linux-destination-ip',
  'lists/opencti-fim-sha256',
  'lists/opencti-fim-sha1',
  'lists/opencti-fim-md5',
  ...listNames.slice(8).map((name) => `lists/${name}`),
  'lists/opencti-networks',
  // Of the first version: no rule reads it any more.
  'lists/opencti-linux-hashes',
  'decoders/zz-opencti-decoder.xml',
  'decoders/0154-opencti-dns-decoders.xml',
  'decoders/zzzz-opencti-dns-decoders.xml',
  'decoders/zzzz-opencti-decoder.xml',
  'rules/zz-opencti-1-gates.xml',
  'rules/zz-opencti-2-rules.xml',
  'rules/0011-opencti-gates.xml',
  'rules/zzzz-opencti-rules.xml',
];

test('lists before the decoder, the decoder before the gates, the gates before the rules', () => {
  expect(ownPaths).toEqual(paths);
});

test('every file that is rendered is one of ours, and of the new names', () => {
  const files = renderRuleFiles({
    ...planOptions.rules,
    patterns: { hashes: true, domains: true, cidr: true },
    gates: new Map(),
  });
  expect(files.map(({ path }) => path)).toEqual([
    'decoders/zzzz-opencti-decoder.xml',
    'rules/0011-opencti-gates.xml',
    'rules/zzzz-opencti-rules.xml',
  ]);
});

test.each(['0011-opencti-gates-1.xml', '0011-opencti-gates-07.xml', '0011-opencti-gates-120.xml'])(
  '%s is a part of an export that was split',
  (name) => expect(toOwnFile(`rules/${name}`)).toEqual({ folder: 'rules', name }),
);

test.each([
  'lists/opencti-win-hashes.cdb',
  'lists/../ossec.conf',
  'ossec.conf',
  '/lists/opencti-win-hash',
  'decoders/0011-opencti-gates-1.xml',
  'rules/0011-opencti-gates-.xml',
  'rules/0011-opencti-gates-1234.xml',
  'rules/0011-opencti-gates-1.xml.bak',
  'rules/../rules/0011-opencti-gates-1.xml',
  '',
])('%j is none of ours', (path) => expect(toOwnFile(path)).toBeNull());

describe('a warning of the engine', () => {
  const ids = new Set([100_640, 118_107, 810_001]);

  test.each([
    "(7616): List 'etc/lists/opencti-fim-md5' could not be loaded. Rule '118107' will be ignored.",
    "(7612): Rule ID '100640' is duplicated. Only the first occurrence will be considered.",
    "(7619): Empty 'if_sid' value. Rule '810001' will be ignored.",
    "(1226): Error reading XML file 'etc/rules/0011-opencti-gates.xml': XMLERR.",
  ])('names what is ours: %s', (text) => expect(namesOwn(text, ids)).toBe(true));

  test.each([
    "(7616): List 'etc/lists/site' could not be loaded. Rule '100641' will be ignored.",
    "(7612): Rule ID '1006400' is duplicated.",
    "(7612): Rule ID '9100640' is duplicated.",
    '2026/11/24 10:06:40 wazuh-analysisd: WARNING: pid 1100640',
  ])('names what is not: %s', (text) => expect(namesOwn(text, ids)).toBe(false));
});
