import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { readPattern } from '../../../src/opencti/stix-pattern/read-pattern.ts';
import type { Claim } from '../../../src/values/kinds.ts';
import { skipReasons } from '../../../src/values/skip-reasons.ts';
import { runs } from '../../support/runs.ts';

const md5 = '0cc175b9c0f1b6a831c399e269772661';
const sha1 = '86f7e437faa5a7fce15d1ddcb9eaeaea377667b8';
const sha512 =
  '1f40fc92da241694750979ee6cf582f2d5d7d28e18335de05abc54d0560e0f5302860c652bf08d560252aa5e74210546f369fbbbce8c12cfc7957b2652fe9a75';
const sha256 = 'ca978112ca1bbdcafac231b39a23dc4da786eff8147c4e72b9807785afee48bb';

interface Row {
  readonly pattern: string;
  /** `kind text` each. */
  readonly claims?: readonly string[];
  /** `reason | text` each. */
  readonly unusable?: readonly string[];
  readonly oneFile?: true;
  /** `kind text` each. */
  readonly named?: readonly string[];
  readonly otherHashes?: readonly string[];
}

const equalities: Row[] = [
  { pattern: `[file:hashes.MD5 = '${md5}']`, claims: [`md5 ${md5}`] },
  { pattern: `[file:hashes.'MD5' = '${md5}']`, claims: [`md5 ${md5}`] },
  { pattern: `[file:hashes."MD5" = '${md5}']`, claims: [`md5 ${md5}`] },
  { pattern: `[file:hashes.md5 = '${md5}']`, claims: [`md5 ${md5}`] },
  { pattern: `[file:hashes.'SHA-1' = '${sha1}']`, claims: [`sha1 ${sha1}`] },
  { pattern: `[file:hashes.SHA1 = '${sha1}']`, claims: [`sha1 ${sha1}`] },
  { pattern: `[file:hashes.'sha-1' = '${sha1}']`, claims: [`sha1 ${sha1}`] },
  { pattern: `[file:hashes.'SHA-256' = '${sha256}']`, claims: [`sha256 ${sha256}`] },
  { pattern: `[file:hashes."SHA-256" = '${sha256}']`, claims: [`sha256 ${sha256}`] },
  { pattern: `[file:hashes.SHA-256 = '${sha256}']`, claims: [`sha256 ${sha256}`] },
  { pattern: `[file:hashes.SHA256 = '${sha256}']`, claims: [`sha256 ${sha256}`] },
  { pattern: `[file:hashes.'Sha256' = '${sha256}']`, claims: [`sha256 ${sha256}`] },
  { pattern: `[artifact:hashes.'SHA-256' = '${sha256}']`, claims: [`sha256 ${sha256}`] },
  { pattern: "[ipv4-addr:value = '198.51.100.7']", claims: ['ipv4 198.51.100.7'] },
  { pattern: "[ipv4-addr:value = '198.51.100.0/24']", claims: ['ipv4 198.51.100.0/24'] },
  { pattern: "[ipv6-addr:value = '2001:db8::1']", claims: ['ipv6 2001:db8::1'] },
  { pattern: "[domain-name:value = 'evil.example']", claims: ['name evil.example'] },
  { pattern: "[hostname:value = 'c2.evil.example']", claims: ['name c2.evil.example'] },
  { pattern: "[x-opencti-hostname:value = 'c2.evil.example']", claims: ['name c2.evil.example'] },
  { pattern: "[domain-name:value == 'evil.example']", claims: ['name evil.example'] },
  { pattern: "[domain-name:'value' = 'evil.example']", claims: ['name evil.example'] },
  { pattern: "[domain-name:value='evil.example']", claims: ['name evil.example'] },
  { pattern: "[domain-name:value = '']", claims: ['name '] },
  { pattern: "[domain-name:value = ' evil.example ']", claims: ['name  evil.example '] },
  { pattern: "[domain-name:value = 'пример.example']", claims: ['name пример.example'] },
  { pattern: String.raw`[domain-name:value = 'it\'s.example']`, claims: ["name it's.example"] },
  { pattern: String.raw`[domain-name:value = 'a\\b.example']`, claims: [String.raw`name a\b.example`] },
  { pattern: String.raw`[domain-name:value = '\\\'']`, claims: [String.raw`name \'`] },
  { pattern: "[domain-name:value = 'x = \\'y\\' OR z']", claims: ["name x = 'y' OR z"] },
  {
    pattern: "[domain-name:value = 'http://a.example//b /* c */']",
    claims: ['name http://a.example//b /* c */'],
  },
];

const blanks: Row[] = [
  { pattern: "  [ domain-name : value = 'a.example' ]  ", claims: ['name a.example'] },
  { pattern: "\n[\tdomain-name:value\r\n=\n'a.example'\u00a0]\u2003", claims: ['name a.example'] },
  { pattern: "/* from a feed */ [domain-name:value = 'a.example']", claims: ['name a.example'] },
  { pattern: "[domain-name:value /* = 'b' */ = 'a.example'] // end", claims: ['name a.example'] },
  { pattern: "// first line\n[domain-name:value = 'a.example']", claims: ['name a.example'] },
];

const alternatives: Row[] = [
  {
    pattern: "[domain-name:value = 'a.example' OR domain-name:value = 'b.example']",
    claims: ['name a.example', 'name b.example'],
  },
  {
    pattern: `[file:hashes.'SHA-256' = '${sha256}' OR file:hashes.MD5 = '${md5}']`,
    claims: [`sha256 ${sha256}`, `md5 ${md5}`],
  },
  {
    pattern:
      "[domain-name:value = 'a.example' OR (ipv4-addr:value = '192.0.2.1' OR ipv4-addr:value = '192.0.2.2')]",
    claims: ['name a.example', 'ipv4 192.0.2.1', 'ipv4 192.0.2.2'],
  },
  {
    pattern: "[domain-name:value = 'a.example'] OR [ipv4-addr:value = '192.0.2.1']",
    claims: ['name a.example', 'ipv4 192.0.2.1'],
  },
  {
    pattern: "(([domain-name:value = 'a.example']) OR [ipv4-addr:value = '192.0.2.1'])",
    claims: ['name a.example', 'ipv4 192.0.2.1'],
  },
  {
    pattern: "[domain-name:value = 'a.example' OR url:value = 'http://a.example/x']",
    claims: ['name a.example'],
    unusable: ["unused-object | url:value = 'http://a.example/x'"],
  },
  {
    pattern:
      "[domain-name:value = 'a.example' OR domain-name:value != 'b.example' OR domain-name:value LIKE 'c%']",
    claims: ['name a.example'],
    unusable: [
      "pattern-negated | domain-name:value != 'b.example'",
      "pattern-operator | domain-name:value LIKE 'c%'",
    ],
  },
  {
    pattern: "[domain-name:value = 'a.example' OR file:name = 'x' AND file:size = 3]",
    claims: ['name a.example'],
    unusable: ["pattern-and | file:name = 'x' AND file:size = 3"],
  },
  {
    pattern: "[file:name = 'x' AND domain-name:value = 'b.example' OR domain-name:value = 'a.example']",
    claims: ['name a.example'],
    unusable: ["pattern-and | file:name = 'x' AND domain-name:value = 'b.example'"],
    named: ['name b.example'],
  },
  {
    pattern:
      "[domain-name:value = 'a.example'] OR [domain-name:value = 'b.example'] AND [domain-name:value = 'c.example']",
    claims: ['name a.example'],
    unusable: ["pattern-sequence | [domain-name:value = 'b.example'] AND [domain-name:value = 'c.example']"],
    named: ['name b.example', 'name c.example'],
  },
  {
    pattern: "[domain-name:value = 'a.example'] OR [domain-name:value = 'b.example'] WITHIN 60 SECONDS",
    claims: ['name a.example'],
    unusable: ["pattern-qualifier | [domain-name:value = 'b.example'] WITHIN 60 SECONDS"],
    named: ['name b.example'],
  },
];

const hashesOfOneFile: Row[] = [
  {
    pattern: `[file:hashes.MD5 = '${md5}' AND file:hashes.'SHA-1' = '${sha1}' AND file:hashes.'SHA-256' = '${sha256}']`,
    claims: [`md5 ${md5}`, `sha1 ${sha1}`, `sha256 ${sha256}`],
    oneFile: true,
  },
  {
    pattern: `[(file:hashes.MD5 = '${md5}' AND (file:hashes.SHA1 = '${sha1}'))]`,
    claims: [`md5 ${md5}`, `sha1 ${sha1}`],
    oneFile: true,
  },
  {
    pattern: `([artifact:hashes.MD5 = '${md5}' AND artifact:hashes.SHA1 = '${sha1}'])`,
    claims: [`md5 ${md5}`, `sha1 ${sha1}`],
    oneFile: true,
  },
  {
    pattern: `[file:hashes.MD5 = '${md5}' AND file:hashes.'SHA-512' = 'ff']`,
    claims: [`md5 ${md5}`],
    unusable: ["unused-algorithm | file:hashes.'SHA-512' = 'ff'"],
  },
  {
    pattern: `[(file:hashes.MD5 = '${md5}' AND file:hashes.SHA1 = '${sha1}') OR domain-name:value = 'a.example']`,
    claims: [`md5 ${md5}`, `sha1 ${sha1}`, 'name a.example'],
  },
  {
    pattern: `[file:hashes.MD5 = '${md5}' AND file:hashes.SHA1 = '${sha1}'] OR [file:hashes.MD5 = 'aa']`,
    claims: [`md5 ${md5}`, `sha1 ${sha1}`, 'md5 aa'],
  },
  {
    pattern: `[file:hashes.MD5 = '${md5}' AND file:hashes.'SHA-512' = '${sha512}']`,
    claims: [`md5 ${md5}`],
    unusable: [`unused-algorithm | file:hashes.'SHA-512' = '${sha512}'`],
    otherHashes: [sha512],
    oneFile: true,
  },
  {
    pattern: `[file:hashes.MD5 = '${md5}' AND file:hashes.SHA1 = '${sha1}' AND file:name = 'a.exe']`,
    claims: [`md5 ${md5}`, `sha1 ${sha1}`],
    oneFile: true,
  },
  // A negation is no mere detail: what it takes out, no event field shows.
  {
    pattern: `[file:hashes.MD5 = '${md5}' AND file:hashes.SHA1 != '${sha1}']`,
    unusable: [`pattern-and | file:hashes.MD5 = '${md5}' AND file:hashes.SHA1 != '${sha1}'`],
    named: [`md5 ${md5}`],
  },
  {
    pattern: `[file:hashes.MD5 = '${md5}' AND artifact:hashes.SHA1 = '${sha1}']`,
    unusable: [`pattern-and | file:hashes.MD5 = '${md5}' AND artifact:hashes.SHA1 = '${sha1}'`],
    named: [`md5 ${md5}`, `sha1 ${sha1}`],
  },
  {
    pattern: `[file:hashes.SHA1 = '${sha1}' AND file:hashes.'SHA-1' = 'ff']`,
    unusable: [`pattern-and | file:hashes.SHA1 = '${sha1}' AND file:hashes.'SHA-1' = 'ff'`],
    named: [`sha1 ${sha1}`, 'sha1 ff'],
  },
  {
    pattern: `[file:hashes.SHA1 = '${sha1}' AND (file:hashes.MD5 = 'aa' OR file:hashes.MD5 = 'bb')]`,
    unusable: [
      `pattern-and | file:hashes.SHA1 = '${sha1}' AND (file:hashes.MD5 = 'aa' OR file:hashes.MD5 = 'bb')`,
    ],
    named: [`sha1 ${sha1}`, 'md5 aa', 'md5 bb'],
  },
];

/** The first comparison names the thing; what is joined to it only narrows it. */
const narrowed: Row[] = [
  ...[
    "file:name = 'a.exe'",
    "file:name LIKE '%.exe'",
    'file:size > 7',
    "file:mime_type = 'application/x-dosexec'",
    "file:parent_directory_ref.path = 'C:\\\\x'",
    "file:content_ref.payload_bin = 'AA=='",
    "(file:name = 'a.exe' OR file:name = 'b.exe')",
    'EXISTS file:x_y',
  ].flatMap((detail) => [
    { pattern: `[file:hashes.MD5 = '${md5}' AND ${detail}]`, claims: [`md5 ${md5}`] },
    { pattern: `[${detail} AND file:hashes.MD5 = '${md5}']`, claims: [`md5 ${md5}`] },
  ]),
  { pattern: `[process:image_ref.hashes.MD5 = '${md5}']`, claims: [`md5 ${md5}`] },
  { pattern: `[process:binary_ref.hashes.'SHA-1' = '${sha1}']`, claims: [`sha1 ${sha1}`] },
  {
    pattern: `[process:image_ref.hashes.MD5 = '${md5}' AND process:command_line LIKE '%-enc%' AND process:image_ref.name = 'a']`,
    claims: [`md5 ${md5}`],
  },
  {
    pattern:
      "[domain-name:value = 'a.example' AND domain-name:resolves_to_refs[*].value = '192.0.2.1' AND network-traffic:dst_port = 443]",
    claims: ['name a.example'],
  },
  {
    pattern: "[ipv4-addr:value = '192.0.2.1' AND network-traffic:dst_port = 443]",
    claims: ['ipv4 192.0.2.1'],
  },
  {
    pattern: "[ipv4-addr:value = '192.0.2.1' AND ipv4-addr:belongs_to_refs[*].number = 7]",
    claims: ['ipv4 192.0.2.1'],
  },
  { pattern: "[network-traffic:dst_ref.value = '192.0.2.1']", claims: ['ipv4 192.0.2.1'] },
  { pattern: "[network-traffic:dst_ref.value = '2001:db8::1']", claims: ['ipv6 2001:db8::1'] },
  { pattern: "[network-traffic:dst_ref.value = 'a.example']", claims: ['name a.example'] },
  { pattern: "[network-traffic:dst_ref.value = '192[.]0[.]2[.]1']", claims: ['ipv4 192[.]0[.]2[.]1'] },
  {
    pattern:
      "[network-traffic:dst_ref.type = 'ipv4-addr' AND network-traffic:dst_ref.value = '192.0.2.1' AND network-traffic:dst_port = 443 AND network-traffic:protocols[*] = 'tcp']",
    claims: ['ipv4 192.0.2.1'],
  },
  {
    pattern: "[network-traffic:src_ref.value = '192.0.2.9' AND network-traffic:dst_ref.value = '192.0.2.1']",
    claims: ['ipv4 192.0.2.1'],
  },
  {
    pattern: "[ipv4-addr:value = '192.0.2.1' AND network-traffic:dst_ref.value = '192.0.2.1']",
    claims: ['ipv4 192.0.2.1', 'ipv4 192.0.2.1'],
  },
  {
    pattern:
      "[(ipv4-addr:value = '192.0.2.1' OR domain-name:value = 'a.example' OR url:value = 'u') AND network-traffic:dst_port = 443]",
    claims: ['ipv4 192.0.2.1', 'name a.example'],
    unusable: ["unused-object | url:value = 'u'"],
  },
  {
    pattern: "[domain-name:value IN ('a.example', 'b.example') AND network-traffic:dst_port = 443]",
    claims: ['name a.example', 'name b.example'],
  },
];

/** Members of an AND that do not only narrow: the whole is unusable, and what it names is known all the same. */
const notNarrowed: Row[] = (
  [
    [
      "domain-name:value = 'a.example' AND ipv4-addr:value = '192.0.2.1'",
      ['name a.example', 'ipv4 192.0.2.1'],
    ],
    [`file:hashes.MD5 = '${md5}' AND domain-name:value = 'a.example'`, [`md5 ${md5}`, 'name a.example']],
    [`file:hashes.MD5 = '${md5}' AND process:name = 'a'`, [`md5 ${md5}`]],
    [`process:image_ref.hashes.MD5 = '${md5}' AND file:name = 'a'`, [`md5 ${md5}`]],
    [`file:hashes.MD5 = '${md5}' AND file:name != 'a'`, [`md5 ${md5}`]],
    ["domain-name:value = 'a.example' AND url:value = 'http://a.example/x'", ['name a.example']],
    ["domain-name:value = 'a.example' AND domain-name:value LIKE 'a%'", ['name a.example']],
    ["domain-name:value = 'a.example' AND domain-name:value != 'b.example'", ['name a.example']],
    ["domain-name:value = 'a.example' AND network-traffic:dst_ref.value LIKE '192%'", ['name a.example']],
    [
      "ipv4-addr:value = '192.0.2.1' AND network-traffic:src_ref.value = '192.0.2.1'",
      ['ipv4 192.0.2.1', 'ipv4 192.0.2.1'],
    ],
    [
      "network-traffic:src_ref.type = 'ipv4-addr' AND network-traffic:src_ref.value = '192.0.2.1'",
      ['ipv4 192.0.2.1'],
    ],
    [
      "network-traffic:dst_ref.value = '192.0.2.1' AND network-traffic:extensions.'http-request-ext'.request_method = 'get'",
      ['ipv4 192.0.2.1'],
    ],
    [
      "network-traffic:dst_ref.value = '192.0.2.1' AND network-traffic:dst_payload_ref.payload_bin = 'AA=='",
      ['ipv4 192.0.2.1'],
    ],
    ["ipv4-addr:value = '192.0.2.1' AND network-traffic:dst_port != 443", ['ipv4 192.0.2.1']],
  ] as const
).map(([text, named]) => ({ pattern: `[${text}]`, unusable: [`pattern-and | ${text}`], named }));

const setsAndNetworks: Row[] = [
  {
    pattern: "[domain-name:value IN ('a.example', 'b.example')]",
    claims: ['name a.example', 'name b.example'],
  },
  { pattern: `[file:hashes.MD5 IN ('${md5}')]`, claims: [`md5 ${md5}`] },
  { pattern: "[ipv4-addr:value ISSUBSET '198.51.100.0/24']", claims: ['ipv4 198.51.100.0/24'] },
  { pattern: "[ipv6-addr:value ISSUBSET '2001:db8::/32']", claims: ['ipv6 2001:db8::/32'] },
  { pattern: "[network-traffic:dst_ref.value ISSUBSET '198.51.100.0/24']", claims: ['ipv4 198.51.100.0/24'] },
];

const hashesUnderOtherNames: Row[] = [
  { pattern: `[file:hashes.'SHA-512' = '${sha256}']`, claims: [`sha256 ${sha256}`] },
  { pattern: `[file:hashes.SHA512 = 'sha1:${sha1}']`, claims: [`sha1 sha1:${sha1}`] },
  {
    pattern: `[file:hashes.MD5 = '${sha512}']`,
    unusable: [`unused-algorithm | file:hashes.MD5 = '${sha512}'`],
    otherHashes: [sha512],
  },
  {
    pattern: `[file:hashes.'SHA3-256' = '${sha256}']`,
    unusable: [`unused-algorithm | file:hashes.'SHA3-256' = '${sha256}'`],
    otherHashes: [sha256],
  },
  {
    pattern: `[file:hashes.IMPHASH = '${md5}']`,
    unusable: [`unused-algorithm | file:hashes.IMPHASH = '${md5}'`],
  },
  {
    pattern: `[file:hashes.'SHA-512' = '${sha512.toUpperCase()}' OR file:hashes.MD5 = '${md5}']`,
    claims: [`md5 ${md5}`],
    unusable: [`unused-algorithm | file:hashes.'SHA-512' = '${sha512.toUpperCase()}'`],
    otherHashes: [sha512],
  },
  {
    pattern: `[file:hashes.'SHA-512' = '${'0'.repeat(128)}']`,
    unusable: [`unused-algorithm | file:hashes.'SHA-512' = '${'0'.repeat(128)}'`],
  },
];

/** One comparison each; the whole of it is unusable. */
const comparisons = {
  "url:value = 'http://a.example/'": 'unused-object',
  "file:name = 'a.exe'": 'unused-object',
  "file:hashes[*] = 'aa'": 'unused-object',
  "file:hashes = 'aa'": 'unused-object',
  "file:content_ref.hashes.MD5 = 'aa'": 'unused-object',
  'network-traffic:dst_port = 443': 'unused-object',
  "process:parent_ref.image_ref.hashes.MD5 = 'aa'": 'unused-object',
  "domain-name:resolves_to_refs[*].value = '192.0.2.1'": 'unused-object',
  "network-traffic:extensions.'http-request-ext'.request_header.Host = 'a'": 'unused-object',
  "email-message:from_ref.value = 'a@b.example'": 'unused-object',
  "Domain-Name:value = 'a.example'": 'unused-object',
  'process:pid = 4': 'unused-object',
  'process:is_hidden = true': 'unused-object',
  "file:hashes.'SHA-512' = 'ff'": 'unused-algorithm',
  "file:hashes.SSDEEP = '3:a:b'": 'unused-algorithm',
  "file:hashes.'SHA3-256' = 'ff'": 'unused-algorithm',
  "domain-name:value != 'a.example'": 'pattern-negated',
  "domain-name:value <> 'a.example'": 'pattern-negated',
  "domain-name:value NOT = 'a.example'": 'pattern-negated',
  "domain-name:value NOT LIKE 'a%'": 'pattern-negated',
  "domain-name:value NOT IN ('a.example')": 'pattern-negated',
  'NOT EXISTS domain-name:value': 'pattern-negated',
  'EXISTS domain-name:value': 'pattern-operator',
  "domain-name:value LIKE '%.example'": 'pattern-operator',
  "domain-name:value MATCHES '^a.*'": 'pattern-operator',
  'domain-name:value IN ()': 'pattern-operator',
  "domain-name:value ISSUBSET '198.51.100.0/24'": 'pattern-operator',
  "ipv4-addr:value NOT ISSUBSET '198.51.100.0/24'": 'pattern-negated',
  "ipv4-addr:value ISSUPERSET '198.51.100.0/24'": 'pattern-operator',
  "domain-name:value > 'a'": 'pattern-operator',
  "domain-name:value <= 'a'": 'pattern-operator',
  'ipv4-addr:value = 3221225985': 'pattern-literal',
  'ipv4-addr:value = -1.5': 'pattern-literal',
  'domain-name:value = true': 'pattern-literal',
  "domain-name:value = h'612e6578'": 'pattern-literal',
  "domain-name:value = b'YS5leA=='": 'pattern-literal',
  "domain-name:value = t'2026-01-01T00:00:00Z'": 'pattern-literal',
  "ipv4-addr:value IN ('198.51.100.7', 7)": 'pattern-literal',
} as const;

/** Observations that are unusable as a whole. */
const observations = {
  "[domain-name:value = 'a'] AND [domain-name:value = 'b']": 'pattern-sequence',
  "[domain-name:value = 'a'] FOLLOWEDBY [domain-name:value = 'b']": 'pattern-sequence',
  "[domain-name:value = 'a'] OR [domain-name:value = 'b'] FOLLOWEDBY [domain-name:value = 'c']":
    'pattern-sequence',
  "([domain-name:value = 'a'] FOLLOWEDBY [domain-name:value = 'b']) WITHIN 5 SECONDS": 'pattern-qualifier',
  "([domain-name:value = 'a'] OR [domain-name:value = 'b']) REPEATS 2 TIMES": 'pattern-qualifier',
  "[domain-name:value = 'a'] REPEATS 5 TIMES WITHIN 1800.5 SECONDS": 'pattern-qualifier',
  "[domain-name:value = 'a'] START t'2026-01-01T00:00:00Z' STOP t'2026-02-01T00:00:00Z'": 'pattern-qualifier',
  "[domain-name:value = 'a'] START '2026-01-01T00:00:00Z' STOP '2026-02-01T00:00:00Z'": 'pattern-qualifier',
} as const;

const notPatterns = [
  '',
  ' ',
  '/* only a comment */',
  'evil.example',
  '[]',
  '[domain-name:value]',
  "[domain-name:value = 'a'",
  "domain-name:value = 'a'",
  "[domain-name:value = 'a]",
  '[domain-name:value = "a"]',
  "[domain-name:value = 'a'] junk",
  "[domain-name:value = 'a']]",
  "[domain-name:value = 'a' or domain-name:value = 'b']",
  "[domain-name:value = 'a' OR]",
  "[domain-name:value = 'a'] OR",
  "[NOT domain-name:value = 'a']",
  "[domain-name.value = 'a']",
  "[domain-name:value ~ 'a']",
  '[domain-name:value LIKE 3]',
  "[domain-name:value IN ('a',)]",
  '[domain-name:value = -]',
  '[domain-name:value = 1.2.3]',
  "[domain-name:value = 'a'] WITHIN SECONDS",
  "[domain-name:value = 'a'] START t'2026-01-01T00:00:00Z'",
  String.raw`[domain-name:value = 'C:\Windows']`,
  "[domain-name:value = 'a'] /* open",
  'rule a { strings: $a = "x" condition: $a }',
  '\ud800[',
];

const toTexts = (claims: readonly Claim[]) => claims.map(({ kind, text }) => `${kind} ${text}`);

function toRow(pattern: string): Required<Omit<Row, 'oneFile'>> & { oneFile: boolean } {
  const { claims, unusable, oneFile, named = [], otherHashes = [] } = readPattern(pattern);
  return {
    pattern,
    claims: toTexts(claims),
    unusable: unusable.map(({ reason, text }) => `${reason} | ${text}`),
    oneFile,
    named: toTexts(named),
    otherHashes,
  };
}

const nothing = { claims: [], unusable: [], oneFile: false, named: [], otherHashes: [] };

/** Every name in an observation. */
const namesIn = (pattern: string) =>
  [...pattern.matchAll(/domain-name:value = '(.)'/g)].map(([, name]) => `name ${name}`);

describe('readPattern', () => {
  it.each([
    ...equalities,
    ...blanks,
    ...alternatives,
    ...hashesOfOneFile,
    ...narrowed,
    ...notNarrowed,
    ...setsAndNetworks,
    ...hashesUnderOtherNames,
  ])('reads $pattern', (row) => {
    expect(toRow(row.pattern)).toEqual({ ...nothing, ...row });
  });

  it('knows the address that traffic comes from, though no field shows it', () => {
    const pattern = "[network-traffic:src_ref.value = '192.0.2.1']";
    const unusable = ["unused-object | network-traffic:src_ref.value = '192.0.2.1'"];
    expect(toRow(pattern)).toEqual({ ...nothing, pattern, unusable, named: ['ipv4 192.0.2.1'] });
  });

  it.each(Object.entries(comparisons))('skips [%s] as %s', (comparison, reason) => {
    const pattern = `[${comparison}]`;
    expect(toRow(pattern)).toEqual({
      ...nothing,
      pattern,
      unusable: [`${reason} | ${comparison}`],
    });
  });

  it.each(Object.entries(observations))('skips %s as %s', (pattern, reason) => {
    expect(toRow(pattern)).toEqual({
      ...nothing,
      pattern,
      unusable: [`${reason} | ${pattern}`],
      named: namesIn(pattern),
    });
  });

  it.each(notPatterns)('takes no value from %j, which is no pattern', (pattern) => {
    expect(toRow(pattern)).toEqual({
      ...nothing,
      pattern,
      unusable: [`pattern-syntax | ${pattern}`],
    });
  });
});

describe('readPattern on any text', () => {
  const piece = fc.oneof(
    fc.constantFrom(
      '[',
      ']',
      '(',
      ')',
      "'",
      '"',
      '\\',
      ' OR ',
      ' AND ',
      ' NOT ',
      ' FOLLOWEDBY ',
      '=',
      '!=',
      ':',
      '.',
    ),
    fc.constantFrom(
      'file:hashes.',
      'MD5',
      "'SHA-256'",
      'domain-name:value',
      "'a.example'",
      '/*',
      '*/',
      '//',
      ' IN ',
    ),
    fc.constantFrom(
      ' WITHIN 3 SECONDS',
      ' REPEATS 2 TIMES',
      ' EXISTS ',
      "t'",
      '-',
      '1',
      '*',
      ',',
      '\n',
      '\0',
    ),
    fc.string({ unit: 'binary', maxLength: 5 }),
  );

  it('never throws, and reports what it does not use', () => {
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 40 }), (pieces) => {
        const pattern = pieces.join('');
        const { claims, unusable } = readPattern(pattern);
        expect(claims.length + unusable.length).toBeGreaterThan(0);
        for (const { text, reason } of unusable) {
          expect(pattern).toContain(text);
          expect(skipReasons).toHaveProperty(reason);
        }
      }),
      { numRuns: runs(1_000) },
    );
  });

  it('gives back any text that was escaped as STIX says', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => {
        const escaped = text.replace(/['\\]/g, '\\$&');
        expect(readPattern(`[domain-name:value = '${escaped}']`).claims).toEqual([{ kind: 'name', text }]);
      }),
    );
  });

  it.each([
    ['opening parentheses', '[', '(', 'pattern-syntax'],
    ['opening brackets', '', '[', 'pattern-syntax'],
    ['blanks', '', ' ', 'pattern-syntax'],
    ['a word', '[', 'a', 'pattern-syntax'],
    ['digits', '[a:b = ', '1', 'pattern-syntax'],
    ['two digits and points', '[a:b = ', '11.', 'pattern-syntax'],
    ['backslashes', "[domain-name:value = '", '\\', 'pattern-syntax'],
    ['comments', '', '/**/', 'pattern-syntax'],
    ['an open string', "[domain-name:value = '", 'x', 'pattern-syntax'],
  ])('reads two megabytes of %s', (_, head, unit, reason) => {
    const pattern = head + unit.repeat(Math.floor(2_000_000 / unit.length));
    expect(readPattern(pattern)).toEqual({
      claims: [],
      unusable: [{ text: pattern, reason }],
      oneFile: false,
    });
  });

  it('reads a number of 300,000 digits that ends with a point', () => {
    const pattern = `[a:b = ${'1'.repeat(300_000)}.]`;
    expect(readPattern(pattern).unusable).toEqual([{ text: pattern, reason: 'pattern-syntax' }]);
  });

  it('reads 100,000 alternatives, in one observation and in as many', () => {
    const tests = Array.from({ length: 100_000 }, (_, index) => `domain-name:value = 'n${index}.example'`);
    for (const pattern of [`[${tests.join(' OR ')}]`, `[${tests.join('] OR [')}]`]) {
      const { claims, unusable } = readPattern(pattern);
      expect([claims.length, unusable.length]).toEqual([100_000, 0]);
      expect(claims.at(-1)).toEqual({ kind: 'name', text: 'n99999.example' });
    }
  });

  it('reads an AND of 50,000 members, of which half name and half narrow, and one nested 90 times', () => {
    const half = (text: string) => Array<string>(50_000).fill(text);
    const named = half("domain-name:value = 'a.example'").join(' OR ');
    const narrowing = half('network-traffic:dst_port = 443').join(' AND ');
    expect(readPattern(`[(${named}) AND ${narrowing}]`).claims).toHaveLength(50_000);
    const test = "domain-name:value = 'a.example'";
    const nested = (depth: number): string =>
      depth === 0 ? test : `(${test} OR network-traffic:dst_port = 1 AND ${nested(depth - 1)})`;
    expect(readPattern(`[${nested(90)}]`).claims).toHaveLength(91);
  });

  it('reads a string of four megabytes', () => {
    const text = 'x'.repeat(4_000_000);
    expect(readPattern(`[domain-name:value = '${text}']`).claims).toEqual([{ kind: 'name', text }]);
  });
});
