import { describe, expect, it } from 'vitest';
import { ask, openOpenCti } from '../../support/opencti.ts';

interface Rows {
  readonly data: Readonly<Record<string, { readonly edges: readonly { readonly node: Row }[] }>>;
}

interface Row {
  readonly entity_type: string;
  readonly form: string;
  readonly value?: string;
  readonly pattern?: string;
  readonly hashes?: readonly { readonly algorithm: string; readonly hash: string | null }[];
}

async function readRows(types: readonly string[]): Promise<readonly Row[]> {
  const server = await openOpenCti({ samples: true, documented: false });
  const query = `query($types: [String]) { rows: stixCyberObservables(types: $types, orderBy: created_at, orderMode: asc) {
    edges { node { entity_type form: x_opencti_description ... on DomainName { value } ... on Hostname { value }
      ... on IPv4Addr { value } ... on IPv6Addr { value } ... on HashedObservable { hashes { algorithm hash } } } } } }`;
  const answer = await ask<Rows>(server, query, { variables: { types } });
  return Object.values(answer.data).flatMap(({ edges }) => edges.map((edge) => edge.node));
}

function toTable(rows: readonly Row[]) {
  return rows.map(({ form, value }) => [form, value]);
}

describe('sample names', () => {
  it('are these', async () => {
    expect(toTable(await readRows(['Domain-Name', 'Hostname']))).toEqual([
      ['upper case', 'DIRT-0.DEMO-DIRT.COM'],
      ['blanks at both ends', ' dirt-1.demo-dirt.com '],
      ['tab and line end', '\tdirt-2.demo-dirt.com\r\n'],
      ['defanged by brackets', 'dirt-3[.]demo-dirt[.]com'],
      ['defanged by parentheses', 'dirt-4(.)demo-dirt(.)com'],
      ['defanged scheme', 'hxxp://dirt-5.demo-dirt.com'],
      ['trailing dot', 'dirt-6.demo-dirt.com.'],
      ['two trailing dots', 'dirt-7.demo-dirt.com..'],
      ['unicode name', 'bücher-dirt-8.demo-dirt.com'],
      ['punycode name', 'xn--bcher-kva.dirt-9.demo-dirt.com'],
      ['underscore', '_dmarc.dirt-10.demo-dirt.com'],
      ['port', 'dirt-11.demo-dirt.com:8443'],
      ['path', 'dirt-12.demo-dirt.com/login.php'],
      ['wildcard', '*.dirt-13.demo-dirt.com'],
      ['question mark', 'a?.dirt-14.demo-dirt.com'],
      ['comma', 'dirt-15.demo-dirt.com,www.dirt-15.demo-dirt.com'],
      ['inner blank', 'www dirt-16.demo-dirt.com'],
      ['double quotes', '"dirt-17.demo-dirt.com"'],
      ['single quote', "o'brien.dirt-18.demo-dirt.com"],
      ['backslash', 'a\\b.dirt-19.demo-dirt.com'],
      ['zero-width space', 'dirt-20\u200b.demo-dirt.com'],
      ['byte order mark', 'a\ufeffb.dirt-21.demo-dirt.com'],
      ['control character', 'a\u0007b.dirt-22.demo-dirt.com'],
      ['markup characters', '<b>&dirt-23.demo-dirt.com'],
      ['empty label', 'a..dirt-24.demo-dirt.com'],
      ['label over 63', expect.stringMatching(/^a{64}\.dirt-25\.demo-dirt\.com$/)],
      ['name over 253', expect.stringMatching(/^(?:abcdefg\.){32}dirt-26\.demo-dirt\.com$/)],
      ['over 512 characters', expect.stringMatching(/^(?:abcdefg\.){64}dirt-27\.demo-dirt\.com$/)],
      ['single label', 'localhost'],
      ['public suffix', 'co.uk'],
      ['an address', '185.220.101.7'],
      ['empty', ''],
      ['no score', 'no-score.demo-dirt.com'],
      ['low score', 'low-score.demo-dirt.com'],
      ['a domain and a host', 'twice.demo-dirt.com'],
      ['a domain and a host', 'twice.demo-dirt.com'],
    ]);
  });
});

describe('sample addresses', () => {
  it('of version 4 are these', async () => {
    expect(toTable(await readRows(['IPv4-Addr']))).toEqual([
      ['blanks at both ends', ' 185.220.102.1 '],
      ['defanged', '185[.]220[.]102[.]2'],
      ['defanged once', '185(.)220.102.3'],
      ['port', '185.220.102.4:4444'],
      ['path', '185.220.102.5/gate.php'],
      ['one-address network', '185.220.102.6/32'],
      ['network', '185.220.102.0/24'],
      ['network with host bits', '185.220.102.8/16'],
      ['everything as a network', '0.0.0.0/0'],
      ['range', '185.220.102.10-185.220.102.254'],
      ['zero-width space', '\u200b185.220.102.11'],
      ['octets over 255', '999.1.1.1'],
      ['leading zero', '045.33.32.156'],
      ['three octets', '45.33.32'],
      ['private', '192.168.252.105'],
      ['private network', '10.0.0.0/8'],
      ['loopback', '127.0.0.1'],
      ['link-local', '169.254.169.254'],
      ['carrier-grade NAT', '100.64.12.1'],
      ['documentation', '192.0.2.17'],
      ['benchmarking', '198.18.0.1'],
      ['multicast', '224.0.0.251'],
      ['reserved', '240.0.0.1'],
      ['unspecified', '0.0.0.0'],
      ['broadcast', '255.255.255.255'],
    ]);
  });

  it('of version 6 are these', async () => {
    expect(toTable(await readRows(['IPv6-Addr']))).toEqual([
      ['upper case', '2A02:6B8:A:B:C:D:E:1'],
      ['padded', '2a02:06b8:000a:000b:000c:000d:000e:0002'],
      ['shortened', '2a02:6b8::2:242'],
      ['long zeros', '2a02:6b8:0:0:0:0:3:242'],
      ['IPv4 inside', '::ffff:185.220.101.8'],
      ['IPv4 inside as hexadecimal', '::ffff:b9dc:6509'],
      ['brackets', '[2a02:6b8:a:b:c:d:e:7]'],
      ['brackets and port', '[2a02:6b8:a:b:c:d:e:8]:443'],
      ['zone', '2a02:6b8:a:b:c:d:e:9%eth0'],
      ['one-address network', '2a02:6b8:a:b:c:d:e:a/128'],
      ['network', '2a02:6b8::/32'],
      ['too many groups', '2a02:6b8:a:b:c:d:e:c:1'],
      ['not hexadecimal', '2a02:6b8::zz'],
      ['loopback', '::1'],
      ['unspecified', '::'],
      ['link-local', 'fe80::1'],
      ['unique local', 'fd12:3456:789a::1'],
      ['documentation', '2001:db8::17'],
      ['multicast', 'ff02::fb'],
    ]);
  });
});

describe('sample files', () => {
  const of = (digits: string) => [
    ['MD5', digits.repeat(16)],
    ['SHA-1', digits.repeat(20)],
    ['SHA-256', digits.repeat(32)],
  ];

  it('have these hashes, as files and as artifacts in turn', async () => {
    const rows = await readRows(['StixFile', 'Artifact']);
    const table = rows.map(({ form, hashes }) => [
      form,
      hashes?.map(({ algorithm, hash }) => [algorithm, hash]),
    ]);
    expect(table).toEqual([
      [
        'upper case',
        [
          ['MD5', 'A0'.repeat(16)],
          ['SHA-1', 'A0'.repeat(20)],
          ['SHA-256', 'A0'.repeat(32)],
        ],
      ],
      ['blanks at both ends', of('a1').map(([algorithm, hash]) => [algorithm, ` ${hash}\n`])],
      ['one digit short', of('a2').map(([algorithm, hash]) => [algorithm, hash?.slice(1)])],
      ['not hexadecimal', of('a3').map(([algorithm, hash]) => [algorithm, `z${hash?.slice(1)}`])],
      ['named inside', of('a4').map(([algorithm, hash]) => [algorithm, `sha256:${hash}`])],
      ['zero-width space', of('a5').map(([algorithm, hash]) => [algorithm, `${hash}\u200b`])],
      ['no hash', []],
      [
        'null hash',
        [
          ['MD5', null],
          ['SHA-1', null],
          ['SHA-256', null],
        ],
      ],
      [
        'algorithm without dash',
        [
          ['MD5', 'a8'.repeat(16)],
          ['SHA1', 'a8'.repeat(20)],
          ['SHA256', 'a8'.repeat(32)],
        ],
      ],
      [
        'algorithm in lower case',
        [
          ['md5', 'a9'.repeat(16)],
          ['sha-1', 'a9'.repeat(20)],
          ['sha-256', 'a9'.repeat(32)],
        ],
      ],
      ['SHA-512 beside', [...of('aa'), ['SHA-512', '5c'.repeat(64)]]],
      ['SHA-512 alone', [['SHA-512', '6d'.repeat(64)]]],
      ['SSDEEP alone', [['SSDEEP', '3:AXGBicFlgVNhBGcL6wCrFQEv:AXGHsNhxLsr2C']]],
      ['SHA-1 under SHA-256', [...of('ad'), ['SHA-256', 'a1'.repeat(20)]]],
      [
        'the empty file',
        [
          ['MD5', 'd41d8cd98f00b204e9800998ecf8427e'],
          ['SHA-1', 'da39a3ee5e6b4b0d3255bfef95601890afd80709'],
          ['SHA-256', 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855'],
        ],
      ],
    ]);
    expect(rows.slice(0, 3).map((row) => row.entity_type)).toEqual(['StixFile', 'Artifact', 'StixFile']);
  });
});

describe('sample indicators', () => {
  const both = (digits: string) =>
    `file:hashes.'SHA-256' = '${digits.repeat(32)}' OR file:hashes.MD5 = '${digits.repeat(16)}'`;
  const sha256 = (digits: string) => `file:hashes.'SHA-256' = '${digits.repeat(32)}'`;
  const other = "domain-name:value = 'other.demo-dirt.com'";

  it('have these patterns', async () => {
    const server = await openOpenCti({ samples: true, documented: false });
    const query = `{ rows: indicators(orderBy: created_at, orderMode: asc) {
      edges { node { entity_type form: description pattern } } } }`;
    const answer = await ask<Rows>(server, query);
    const rows = Object.values(answer.data).flatMap(({ edges }) => edges.map((edge) => edge.node));
    expect(rows.map(({ form, pattern }) => [form, pattern])).toEqual([
      ['AND of all', `[${sha256('40')} AND file:hashes.MD5 = '${'40'.repeat(16)}']`],
      ['AND with another property', `[${sha256('41')} AND file:name = 'invoice.exe']`],
      ['AND inside an OR', `[(${sha256('42')} AND network-traffic:dst_port = 443) OR ${other}]`],
      ['OR with an unused object', `[${both('43')} OR url:value = 'http://u.example/x']`],
      ['observations joined by OR', `[${both('44')}] OR [${other}]`],
      ['observations joined by AND', `[${both('45')}] AND [${other}]`],
      ['FOLLOWEDBY', `[${both('46')}] FOLLOWEDBY [${other}]`],
      ['OR with a sequence', `[${both('47')}] OR ([${other}] FOLLOWEDBY [${other}])`],
      ['NOT', `[file:hashes.'SHA-256' NOT = '${'48'.repeat(32)}']`],
      ['not equal', `[file:hashes.'SHA-256' != '${'49'.repeat(32)}']`],
      ['LIKE', "[domain-name:value LIKE '%.demo-dirt.com']"],
      ['MATCHES', "[domain-name:value MATCHES '^[a-z]{12}\\\\.demo-dirt\\\\.com$']"],
      ['IN', "[ipv4-addr:value IN ('185.220.101.9', '185.220.101.10')]"],
      ['ISSUBSET', "[ipv4-addr:value ISSUBSET '185.220.101.0/24']"],
      ['EXISTS', '[EXISTS file:hashes]'],
      ['START and STOP', `[${both('4f')}] START t'2024-01-01T00:00:00Z' STOP t'2024-02-01T00:00:00Z'`],
      ['WITHIN', `[${both('50')}] WITHIN 300 SECONDS`],
      ['REPEATS', `[${both('51')}] REPEATS 5 TIMES`],
      ['escapes', "[domain-name:value = 'o\\'brien\\\\x.demo-dirt.com']"],
      ['parentheses and blanks', `[ ( ${both('53')} ) ]`],
      ['SHA-512 only', `[file:hashes.'SHA-512' = '${'7e'.repeat(64)}']`],
      ['a mutex', "[mutex:name = 'Global\\\\demo']"],
      ['broken', `[${sha256('56')}`],
      ['empty', ''],
      ['yara', 'rule demo { strings: $a = "opencti sample payload" condition: $a }'],
      ['sigma', 'title: demo\nlogsource:\n  product: windows\ndetection:\n  condition: selection'],
      ['snort', 'alert tcp any any -> any 443 (msg:"demo"; sid:1000001;)'],
      ['revoked', "[domain-name:value = 'revoked.demo-dirt.com']"],
      ['expired, not yet revoked', "[domain-name:value = 'expired.demo-dirt.com']"],
      ['not yet valid', "[domain-name:value = 'future.demo-dirt.com']"],
      ['no score', "[domain-name:value = 'no-score-indicator.demo-dirt.com']"],
      ['without an end', "[domain-name:value = 'endless.demo-dirt.com']"],
      ['revoked beside one alive', "[domain-name:value = 'revived.demo-dirt.com']"],
      ['alive beside one revoked', "[domain-name:value = 'revived.demo-dirt.com']"],
    ]);
  });
});
