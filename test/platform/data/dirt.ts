import type { StoredHash } from './objects.ts';

/** Makes a dirty text of a clean one. */
export type Dirt = (clean: string) => string;

/** Names of domains and hosts as they come from feeds, indicators and edits. */
export const nameDirt = {
  'upper case': (name) => name.toUpperCase(),
  'blanks at both ends': (name) => ` ${name} `,
  'tab and line end': (name) => `\t${name}\r\n`,
  'defanged by brackets': (name) => name.replaceAll('.', '[.]'),
  'defanged by parentheses': (name) => name.replaceAll('.', '(.)'),
  'defanged scheme': (name) => `hxxp://${name}`,
  'trailing dot': (name) => `${name}.`,
  'two trailing dots': (name) => `${name}..`,
  'unicode name': (name) => `bücher-${name}`,
  'punycode name': (name) => `xn--bcher-kva.${name}`,
  underscore: (name) => `_dmarc.${name}`,
  port: (name) => `${name}:8443`,
  path: (name) => `${name}/login.php`,
  wildcard: (name) => `*.${name}`,
  'question mark': (name) => `a?.${name}`,
  comma: (name) => `${name},www.${name}`,
  'inner blank': (name) => `www ${name}`,
  'double quotes': (name) => `"${name}"`,
  'single quote': (name) => `o'brien.${name}`,
  backslash: (name) => `a\\b.${name}`,
  'zero-width space': (name) => name.replace('.', '\u200b.'),
  'byte order mark': (name) => `a\ufeffb.${name}`,
  'control character': (name) => `a\u0007b.${name}`,
  'markup characters': (name) => `<b>&${name}`,
  'empty label': (name) => `a..${name}`,
  'label over 63': (name) => `${'a'.repeat(64)}.${name}`,
  'name over 253': (name) => `${'abcdefg.'.repeat(32)}${name}`,
  'over 512 characters': (name) => `${'abcdefg.'.repeat(64)}${name}`,
  'single label': () => 'localhost',
  'public suffix': () => 'co.uk',
  'an address': () => '185.220.101.7',
  empty: () => '',
} as const satisfies Record<string, Dirt>;

/** IPv4 addresses, and texts that are written in their place. */
export const ipv4Dirt = {
  'blanks at both ends': (address) => ` ${address} `,
  defanged: (address) => address.replaceAll('.', '[.]'),
  'defanged once': (address) => address.replace('.', '(.)'),
  port: (address) => `${address}:4444`,
  path: (address) => `${address}/gate.php`,
  'one-address network': (address) => `${address}/32`,
  network: (address) => address.replace(/\d+$/, '0/24'),
  'network with host bits': (address) => `${address}/16`,
  'everything as a network': () => '0.0.0.0/0',
  range: (address) => `${address}-${address.replace(/\d+$/, '254')}`,
  'zero-width space': (address) => `\u200b${address}`,
  'octets over 255': () => '999.1.1.1',
  'leading zero': () => '045.33.32.156',
  'three octets': () => '45.33.32',
  private: () => '192.168.252.105',
  'private network': () => '10.0.0.0/8',
  loopback: () => '127.0.0.1',
  'link-local': () => '169.254.169.254',
  'carrier-grade NAT': () => '100.64.12.1',
  documentation: () => '192.0.2.17',
  benchmarking: () => '198.18.0.1',
  multicast: () => '224.0.0.251',
  reserved: () => '240.0.0.1',
  unspecified: () => '0.0.0.0',
  broadcast: () => '255.255.255.255',
} as const satisfies Record<string, Dirt>;

/** IPv6 addresses of eight unpadded groups, and texts that are written in their place. */
export const ipv6Dirt = {
  'upper case': (address) => address.toUpperCase(),
  padded: (address) =>
    address
      .split(':')
      .map((group) => group.padStart(4, '0'))
      .join(':'),
  shortened: () => '2a02:6b8::2:242',
  'long zeros': () => '2a02:6b8:0:0:0:0:3:242',
  'IPv4 inside': () => '::ffff:185.220.101.8',
  'IPv4 inside as hexadecimal': () => '::ffff:b9dc:6509',
  brackets: (address) => `[${address}]`,
  'brackets and port': (address) => `[${address}]:443`,
  zone: (address) => `${address}%eth0`,
  'one-address network': (address) => `${address}/128`,
  network: () => '2a02:6b8::/32',
  'too many groups': (address) => `${address}:1`,
  'not hexadecimal': () => '2a02:6b8::zz',
  loopback: () => '::1',
  unspecified: () => '::',
  'link-local': () => 'fe80::1',
  'unique local': () => 'fd12:3456:789a::1',
  documentation: () => '2001:db8::17',
  multicast: () => 'ff02::fb',
} as const satisfies Record<string, Dirt>;

/** Makes dirty hashes of clean ones, which are MD5, SHA-1 and SHA-256 in any selection. */
export type HashDirt = (clean: readonly StoredHash[]) => readonly StoredHash[];

const everyHash =
  (change: Dirt): HashDirt =>
  (hashes) =>
    hashes.map(({ algorithm, hash }) => ({ algorithm, hash: change(hash ?? '') }));

const everyAlgorithm =
  (change: Dirt): HashDirt =>
  (hashes) =>
    hashes.map(({ algorithm, hash }) => ({ algorithm: change(algorithm), hash }));

export const hashDirt = {
  'upper case': everyHash((hash) => hash.toUpperCase()),
  'blanks at both ends': everyHash((hash) => ` ${hash}\n`),
  'one digit short': everyHash((hash) => hash.slice(1)),
  'not hexadecimal': everyHash((hash) => `z${hash.slice(1)}`),
  'named inside': everyHash((hash) => `sha256:${hash}`),
  'zero-width space': everyHash((hash) => `${hash}\u200b`),
  'no hash': () => [],
  'null hash': (hashes) => hashes.map(({ algorithm }) => ({ algorithm, hash: null })),
  'algorithm without dash': everyAlgorithm((algorithm) => algorithm.replace('-', '')),
  'algorithm in lower case': everyAlgorithm((algorithm) => algorithm.toLowerCase()),
  'SHA-512 beside': (hashes) => [...hashes, { algorithm: 'SHA-512', hash: '5c'.repeat(64) }],
  'SHA-512 alone': () => [{ algorithm: 'SHA-512', hash: '6d'.repeat(64) }],
  'SSDEEP alone': () => [{ algorithm: 'SSDEEP', hash: '3:AXGBicFlgVNhBGcL6wCrFQEv:AXGHsNhxLsr2C' }],
  'SHA-1 under SHA-256': (hashes) => [...hashes, { algorithm: 'SHA-256', hash: 'a1'.repeat(20) }],
  'the empty file': () => [
    { algorithm: 'MD5', hash: 'd41d8cd98f00b204e9800998ecf8427e' },
    { algorithm: 'SHA-1', hash: 'da39a3ee5e6b4b0d3255bfef95601890afd80709' },
    { algorithm: 'SHA-256', hash: 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855' },
  ],
} as const satisfies Record<string, HashDirt>;
