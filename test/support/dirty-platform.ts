import type {
  ObservableEntityType,
  StoredHash,
  StoredIndicator,
  StoredObservable,
} from '../platform/data/objects.ts';
import { writeIndicator, writeObservable } from '../platform/data/written.ts';

/**
 * A small platform with every kind of value and every dirty spelling, and the lists that must result. Both were written by
 * hand, from what the fields of real events contain; nothing here is computed by the code under test.
 */

const sha256 = '3802e1848c0fa4b4b408be34c6a4c9a799f9a37b29d6bd3dbd3bd7760747a8a6';
const sha1 = '3f249cbadc8de47ddd960a77ec71a5c92da82de2';
const md5 = 'e65487f5f65bca9e283dd3aabd817dc0';
const f64 = (digit: string) => `${digit}0`.repeat(32);
const f40 = (digit: string) => `${digit}0`.repeat(20);
const f32 = (digit: string) => `${digit}0`.repeat(16);

function value(
  id: string,
  entity_type: ObservableEntityType,
  text: string,
  score: number | null = 70,
): StoredObservable {
  return writeObservable({ id, entity_type, value: text, x_opencti_score: score });
}

function file(
  id: string,
  hashes: StoredHash[],
  entity_type: ObservableEntityType = 'StixFile',
): StoredObservable {
  return writeObservable({ id, entity_type, hashes, name: `${id}.exe` });
}

export const dirtyObservables: readonly StoredObservable[] = [
  // Files.
  file('f-sample', [
    { algorithm: 'SHA-256', hash: ` ${sha256.toUpperCase()} ` },
    { algorithm: 'SHA-1', hash: sha1 },
    { algorithm: 'MD5', hash: md5 },
    { algorithm: 'SHA-512', hash: 'a'.repeat(128) },
  ]),
  file('f-sample-twin', [{ algorithm: 'MD5', hash: md5.toUpperCase() }], 'Artifact'),
  file('f-old-names', [
    { algorithm: 'SHA256', hash: f64('1') },
    { algorithm: 'SHA1', hash: f40('1') },
  ]),
  file('f-short', [
    { algorithm: 'SHA-256', hash: f64('2').slice(1) },
    { algorithm: 'MD5', hash: f32('2') },
  ]),
  file('f-swapped', [{ algorithm: 'MD5', hash: f40('3') }]),
  file('f-empty-file', [{ algorithm: 'MD5', hash: 'D41D8CD98F00B204E9800998ECF8427E' }]),
  file('f-name-only', []),
  file('f-dead-by-md5', [
    { algorithm: 'SHA-256', hash: f64('4') },
    { algorithm: 'MD5', hash: f32('4') },
  ]),
  // Addresses.
  value('a-plain', 'IPv4-Addr', '105.112.50.80'),
  value('a-defanged', 'IPv4-Addr', '185[.]220(.)101[.]1 '),
  value('a-single-cidr', 'IPv4-Addr', '185.220.101.2/32'),
  value('a-port', 'IPv4-Addr', '185.220.101.3:8080'),
  value('a-wrong', 'IPv4-Addr', '999.1.1.1'),
  value('a-private', 'IPv4-Addr', '192.168.1.1'),
  value('a-documentation', 'IPv4-Addr', '203.0.113.9'),
  value('a-multicast', 'IPv4-Addr', '239.1.2.3'),
  value('a-everything', 'IPv4-Addr', '0.0.0.0/0'),
  value('a-large', 'IPv4-Addr', '31.0.0.0/9'),
  value('a6-upper', 'IPv6-Addr', '2A00:1450:4009:081E::200E'),
  value('a6-full', 'IPv6-Addr', '2a02:6b8:a:b:c:d:e:f'),
  value('a6-mapped', 'IPv6-Addr', '::ffff:185.220.101.4'),
  value('a6-zone', 'IPv6-Addr', 'fe80::1%eth0'),
  value('a6-loopback', 'IPv6-Addr', '::1'),
  value('a6-documentation', 'IPv6-Addr', '2001:db8::5'),
  // Names.
  value('n-plain', 'Domain-Name', 'sazoya.com'),
  value('n-dirty', 'Hostname', ' WWW.Evil[.]com. '),
  value('n-scheme', 'Domain-Name', 'hxxps://scheme.evil.com'),
  value('n-idn', 'Domain-Name', 'bücher.evil.com'),
  value('n-idn-ascii', 'Hostname', 'xn--bcher-kva.evil.com', 90),
  value('n-underscore', 'Hostname', '_dmarc.evil.com'),
  value('n-private-suffix', 'Domain-Name', 'github.io'),
  value('n-port', 'Domain-Name', 'evil.com:443'),
  value('n-path', 'Domain-Name', 'evil.com/a'),
  value('n-wildcard', 'Domain-Name', '*.wild.evil.com'),
  value('n-comma', 'Domain-Name', 'evil.com,evil.org'),
  value('n-quote', 'Domain-Name', '"evil.com"'),
  value('n-zero-width', 'Domain-Name', 'evil\u200b.com'),
  value('n-control', 'Domain-Name', 'evil\u0007.com'),
  value('n-long-label', 'Domain-Name', `${'a'.repeat(64)}.com`),
  value('n-address', 'Domain-Name', '185.220.101.9'),
  value('n-label', 'Hostname', 'localhost'),
  value('n-suffix', 'Domain-Name', 'co.uk'),
  value('n-low', 'Domain-Name', 'low.evil.com', 49),
  value('n-unscored', 'Domain-Name', 'unscored.evil.com', null),
  value('n-minimum', 'Domain-Name', 'minimum.evil.com', 50),
  value('n-revoked', 'Domain-Name', 'revoked.evil.com', 100),
  value('n-expired', 'Domain-Name', 'expired.evil.com', 100),
  // These types are never requested.
  value('u-url', 'Url', 'http://evil.com/a'),
];

function indicator(id: string, pattern: string, more: Partial<StoredIndicator> = {}): StoredIndicator {
  return writeIndicator({ id, pattern, ...more });
}

const past = '2022-06-01T00:00:00.000Z';

export const dirtyIndicators: readonly StoredIndicator[] = [
  indicator('i-or', `[file:hashes.'SHA-256' = '${f64('5')}' OR file:hashes.MD5 = '${f32('5')}']`),
  indicator('i-and', `[file:hashes.'SHA-1' = '${f40('6')}' AND file:hashes."MD5" = '${f32('6')}']`),
  indicator('i-name', "[domain-name:value = 'Indicator.EVIL.com']"),
  indicator('i-host', "[hostname:value = 'host.evil.com']"),
  indicator('i-address', "[ipv4-addr:value = '185.220.101.5'] OR [ipv6-addr:value = '2a02:6b8::1']"),
  indicator('i-half', "[domain-name:value = 'half.evil.com' OR url:value = 'http://half.evil.com/a']"),
  indicator('i-escape', "[domain-name:value = 'it\\'s.evil.com']"),
  indicator('i-revoked', "[domain-name:value = 'revoked.evil.com']", { revoked: true }),
  indicator('i-expired', "[domain-name:value = 'expired.evil.com']", { valid_until: past }),
  indicator('i-dead-md5', `[file:hashes.MD5 = '${f32('4')}']`, { revoked: true }),
  indicator('i-future', "[domain-name:value = 'future.evil.com']", {
    valid_from: '2098-01-01T00:00:00.000Z',
  }),
  indicator('i-unscored', "[domain-name:value = 'unscored-indicator.evil.com']", { x_opencti_score: null }),
  indicator('i-like', "[domain-name:value LIKE '%.evil.com']"),
  indicator('i-not', "[domain-name:value != 'not.evil.com']"),
  indicator('i-follow', "[domain-name:value = 'a.evil.com'] FOLLOWEDBY [domain-name:value = 'b.evil.com']"),
  indicator('i-window', `[domain-name:value = 'c.evil.com'] START t'${past}' STOP t'${past}'`),
  indicator('i-mixed', "[domain-name:value = 'd.evil.com' AND ipv4-addr:value = '185.220.101.6']"),
  indicator('i-url', "[url:value = 'http://evil.com/']"),
  indicator('i-broken', "[domain-name:value = 'open"),
  indicator('i-yara', 'rule evil { condition: true }', { pattern_type: 'yara' }),
];

const sysmon = [
  `MD5=${f32('2')}:f-short`,
  `MD5=${f32('5')}:i-or`,
  `MD5=${f32('6')}:i-and`,
  'MD5=E65487F5F65BCA9E283DD3AABD817DC0:f-sample',
  `SHA1=${f40('1')}:f-old-names`,
  `SHA1=${f40('3')}:f-swapped`,
  'SHA1=3F249CBADC8DE47DDD960A77EC71A5C92DA82DE2:f-sample',
  `SHA1=${f40('6')}:i-and`,
  `SHA256=${f64('1')}:f-old-names`,
  'SHA256=3802E1848C0FA4B4B408BE34C6A4C9A799F9A37B29D6BD3DBD3BD7760747A8A6:f-sample',
  `SHA256=${f64('5')}:i-or`,
];

/** IPv6 as RFC 5952 writes it, and as eight groups of four digits. */
const logAddresses6 = [
  '"2a00:1450:4009:081e:0000:0000:0000:200e":a6-upper',
  '"2a00:1450:4009:81e::200e":a6-upper',
  '"2a02:06b8:0000:0000:0000:0000:0000:0001":i-address',
  '"2a02:06b8:000a:000b:000c:000d:000e:000f":a6-full',
  '"2a02:6b8::1":i-address',
  '"2a02:6b8:a:b:c:d:e:f":a6-full',
];

const mappedAddresses = [
  '"::ffff:105.112.50.80":a-plain',
  '"::ffff:185.220.101.1":a-defanged',
  '"::ffff:185.220.101.2":a-single-cidr',
  '"::ffff:185.220.101.4":a6-mapped',
  '"::ffff:185.220.101.5":i-address',
];

const dottedAddresses = [
  '105.112.50.80:a-plain',
  '185.220.101.1:a-defanged',
  '185.220.101.2:a-single-cidr',
  '185.220.101.4:a6-mapped',
  '185.220.101.5:i-address',
];

/** The lists of a manager for addresses that no program writes as a mapped one, in the order of the table. */
export const logAddressLists = [
  'opencti-win-dest-address',
  'opencti-win-address',
  'opencti-win-eventxml-address',
  'opencti-win-param3',
  'opencti-win-eventxml-param3',
  'opencti-dstip',
  'opencti-dest-ip',
  'opencti-src-ip',
] as const;

/** Those for addresses of logs that may be mapped ones. */
export const mappedAddressLists = ['opencti-win-ip-address', 'opencti-srcip'] as const;

/** The lists of a manager for addresses. */
export const addressLists: readonly string[] = [
  'opencti-win-destination-ip',
  'opencti-linux-destination-ip',
  ...logAddressLists,
  ...mappedAddressLists,
];

/** Each of these lists with the same lines. */
function eachWith(lists: readonly string[], lines: readonly string[]): Record<string, readonly string[]> {
  return Object.fromEntries(lists.map((list) => [list, lines]));
}

/** The lines of each list of a manager, in the order of bytes. */
export const expectedLines: Readonly<Record<string, readonly string[]>> = {
  ...eachWith(logAddressLists, [...logAddresses6, ...dottedAddresses]),
  ...eachWith(mappedAddressLists, [...logAddresses6, ...mappedAddresses, ...dottedAddresses]),
  'opencti-win-hashes': sysmon,
  'opencti-win-hash': sysmon,
  'opencti-win-destination-ip': [
    '"0:0:0:0:0:ffff:6970:3250":a-plain',
    '"0:0:0:0:0:ffff:b9dc:6501":a-defanged',
    '"0:0:0:0:0:ffff:b9dc:6502":a-single-cidr',
    '"0:0:0:0:0:ffff:b9dc:6504":a6-mapped',
    '"0:0:0:0:0:ffff:b9dc:6505":i-address',
    '"2a00:1450:4009:81e:0:0:0:200e":a6-upper',
    '"2a02:6b8:0:0:0:0:0:1":i-address',
    '"2a02:6b8:a:b:c:d:e:f":a6-full',
    '105.112.50.80:a-plain',
    '185.220.101.1:a-defanged',
    '185.220.101.2:a-single-cidr',
    '185.220.101.4:a6-mapped',
    '185.220.101.5:i-address',
  ],
  'opencti-linux-destination-ip': [
    '"0:0:0:0:0:ffff:6970:3250":a-plain',
    '"0:0:0:0:0:ffff:b9dc:6501":a-defanged',
    '"0:0:0:0:0:ffff:b9dc:6502":a-single-cidr',
    '"0:0:0:0:0:ffff:b9dc:6504":a6-mapped',
    '"0:0:0:0:0:ffff:b9dc:6505":i-address',
    '"2a00:1450:4009:81e:0:0:0:200e":a6-upper',
    '"2a00:1450:4009:81e::200e":a6-upper',
    '"2a02:6b8:0:0:0:0:0:1":i-address',
    '"2a02:6b8::1":i-address',
    '"2a02:6b8:a:b:c:d:e:f":a6-full',
    '"::ffff:105.112.50.80":a-plain',
    '"::ffff:185.220.101.1":a-defanged',
    '"::ffff:185.220.101.2":a-single-cidr',
    '"::ffff:185.220.101.4":a6-mapped',
    '"::ffff:185.220.101.5":i-address',
    '"::ffff:6970:3250":a-plain',
    '"::ffff:b9dc:6501":a-defanged',
    '"::ffff:b9dc:6502":a-single-cidr',
    '"::ffff:b9dc:6504":a6-mapped',
    '"::ffff:b9dc:6505":i-address',
    '105.112.50.80:a-plain',
    '185.220.101.1:a-defanged',
    '185.220.101.2:a-single-cidr',
    '185.220.101.4:a6-mapped',
    '185.220.101.5:i-address',
  ],
  'opencti-win-query-name': [
    '_dmarc.evil.com.:n-underscore',
    '_dmarc.evil.com:n-underscore',
    'github.io.:n-private-suffix',
    'github.io:n-private-suffix',
    'half.evil.com.:i-half',
    'half.evil.com:i-half',
    'host.evil.com.:i-host',
    'host.evil.com:i-host',
    'indicator.evil.com.:i-name',
    'indicator.evil.com:i-name',
    'minimum.evil.com.:n-minimum',
    'minimum.evil.com:n-minimum',
    'sazoya.com.:n-plain',
    'sazoya.com:n-plain',
    'scheme.evil.com.:n-scheme',
    'scheme.evil.com:n-scheme',
    'wild.evil.com.:n-wildcard',
    'wild.evil.com:n-wildcard',
    'www.evil.com.:n-dirty',
    'www.evil.com:n-dirty',
    'xn--bcher-kva.evil.com.:n-idn-ascii',
    'xn--bcher-kva.evil.com:n-idn-ascii',
  ],
  'opencti-fim-sha256': [`${f64('1')}:f-old-names`, `${sha256}:f-sample`, `${f64('5')}:i-or`],
  'opencti-fim-sha1': [
    `${f40('1')}:f-old-names`,
    `${f40('3')}:f-swapped`,
    `${sha1}:f-sample`,
    `${f40('6')}:i-and`,
  ],
  'opencti-fim-md5': [`${f32('2')}:f-short`, `${f32('5')}:i-or`, `${f32('6')}:i-and`, `${md5}:f-sample`],
};

/** What an export leaves out of them: the server API takes no key with both a colon and a dot. */
export const isOnlyForTheEngine = (line: string): boolean =>
  line.startsWith('"::ffff:') && line.includes('.');

export const expectedSkips = {
  'malformed-hash': 1,
  'empty-file': 1,
  'unused-algorithm': 1,
  'malformed-address': 3,
  'not-global': 5,
  multicast: 1,
  'network-too-large': 1,
  'malformed-name': 8,
  'name-is-address': 1,
  'single-label': 1,
  'public-suffix': 1,
  'low-score': 1,
  'no-score': 2,
  revoked: 3,
  expired: 2,
  'unused-object': 2,
  'pattern-operator': 1,
  'pattern-negated': 1,
  'pattern-sequence': 1,
  'pattern-qualifier': 1,
  'pattern-and': 1,
  'pattern-syntax': 1,
  'pattern-type': 1,
};
