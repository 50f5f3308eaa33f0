/**
 * A second reading of texts, by what docs/selection.md says and in other ways than the product: regular expressions, URLs,
 * big numbers. It imports nothing of src.
 */
export interface Value {
  readonly kind: 'name' | 'ipv4' | 'ipv6' | 'md5' | 'sha1' | 'sha256' | 'sha512';
  /** A network has its length after a slash. */
  readonly text: string;
}

const trim = (text: string) => text.replace(/^[\s\u00a0]+|[\s\u00a0]+$/g, '');

/** Removes the blanks at the ends; zero-width characters are no blanks. */
const clean = (text: string) =>
  trim(text)
    .replace(/^h(tt|xx)ps?(:|\[:\])\/\//i, '')
    .replace(/\[\.\]|\(\.\)/g, '.')
    .replace(/\.$/, '');

/** The public suffixes among the endings that the generator writes, and the reserved names. */
const suffixes = new Set([
  'com',
  'net',
  'org',
  'ru',
  'top',
  'xyz',
  'info',
  'co.uk',
  'uk',
  'com.br',
  'br',
  'xn--p1ai',
]);
const reserved = /(^|\.)(local|internal|invalid|test|example|localhost|example\.(com|net|org))$/;
const resolvers = new Set([
  'dns.google',
  'one.one.one.one',
  '8.8.8.8',
  '1.1.1.1',
  '9.9.9.9',
  '2001:4860:4860::8888',
]);

export function readName(written: string): Value | null {
  const text = clean(written).replace(/^\*?\.(?!\.)/, '');
  if (/[\s\p{Cf}\p{Cc}"'`,*?|/\\:@#%<>[\](){}^]/u.test(text) || text === '') return null;
  const name = /^[\x21-\x7e]+$/.test(text) ? text.toLowerCase() : hostOf(text);
  if (name === null || name.length > 253 || !name.includes('.')) return null;
  if (!name.split('.').every((label) => /^[\w-]{1,63}$/.test(label))) return null;
  if (/\.\d+$/.test(name) || suffixes.has(name) || reserved.test(name) || resolvers.has(name)) return null;
  return { kind: 'name', text: name };
}

function hostOf(text: string): string | null {
  return URL.canParse(`http://${text}/`) ? new URL(`http://${text}/`).hostname : null;
}

/** The ranges of IANA's registries that are not global, and those that belong to one cloud. */
const special4 = (
  '0.0.0.0/8 10.0.0.0/8 100.64.0.0/10 127.0.0.0/8 169.254.0.0/16 172.16.0.0/12 192.0.0.0/24 192.0.2.0/24 ' +
  '192.88.99.0/24 192.168.0.0/16 198.18.0.0/15 198.51.100.0/24 203.0.113.0/24 224.0.0.0/3 168.63.129.16/32 ' +
  '199.36.153.4/30 199.36.153.8/30 8.8.8.8/32 8.8.4.4/32 1.1.1.1/32 1.0.0.1/32 9.9.9.9/32'
)
  .split(' ')
  .map(toRange4);
const reachable = new Set([toNumber4('192.0.0.9'), toNumber4('192.0.0.10')]);

function toNumber4(text: string): number {
  return text.split('.').reduce((sum, part) => sum * 256 + Number(part), 0);
}

function toRange4(network: string): readonly [number, number] {
  const [address = '', length = '32'] = network.split('/');
  const size = 2 ** (32 - Number(length));
  const first = Math.floor(toNumber4(address) / size) * size;
  return [first, first + size - 1];
}

const octet = '(25[0-5]|2[0-4]\\d|1\\d\\d|[1-9]?\\d)';
const dotted = new RegExp(`^${octet}(\\.${octet}){3}$`);

function readIpv4(address: string, bits: number): Value | null {
  const [first, last] = toRange4(`${address}/${bits}`);
  if (bits < 32 && (bits < 8 || last - first + 1 > 65_536)) return null;
  if (!(bits === 32 && reachable.has(first)) && special4.some(([from, to]) => first <= to && from <= last))
    return null;
  const text = [24, 16, 8, 0].map((shift) => Math.floor(first / 2 ** shift) % 256).join('.');
  return { kind: 'ipv4', text: bits === 32 ? text : `${text}/${bits}` };
}

export function readAddress(kind: 'ipv4' | 'ipv6', written: string): Value | null {
  const match = /^([^/]*)(?:\/(0|[1-9]\d{0,2}))?$/.exec(clean(written));
  if (match === null) return null;
  const [, host = '', length] = match;
  if (kind === 'ipv4') {
    const bits = Number(length ?? 32);
    return dotted.test(host) && bits <= 32 ? readIpv4(host, bits) : null;
  }
  return readIpv6(host, Number(length ?? 128));
}

function readIpv6(host: string, bits: number): Value | null {
  if (!/^[\da-f:.]+$/i.test(host) || !URL.canParse(`http://[${host}]/`) || bits > 128) return null;
  // The shortest form, which the standard of URLs has in common with RFC 5952 but for one zero alone.
  const short = new URL(`http://[${host}]/`).hostname.slice(1, -1);
  const groups = toGroups(short);
  if (/^0:0:0:0:0:ffff:/.test(groups.join(':')) && bits >= 96) return readIpv4(toDotted(groups), bits - 96);
  const number = groups.reduce((sum, group) => sum * 65_536n + BigInt(`0x${group}`), 0n);
  const size = 1n << BigInt(128 - bits);
  const first = (number / size) * size;
  if (bits < 128 && (bits < 8 || bits < 48)) return null;
  if (!isReachable6(first, first + size - 1n, groups) || resolvers.has(short)) return null;
  return { kind: 'ipv6', text: bits === 128 ? short : `${shorten(first)}/${bits}` };
}

function toGroups(short: string): string[] {
  const [head = '', tail] = short.split('::');
  const before = head.split(':').filter(Boolean);
  const after = (tail ?? '').split(':').filter(Boolean);
  return tail === undefined
    ? before
    : [...before, ...Array(8 - before.length - after.length).fill('0'), ...after];
}

function toDotted(groups: readonly string[]): string {
  return groups
    .slice(6)
    .map((group) => Number.parseInt(group, 16))
    .flatMap((number) => [number >> 8, number & 255])
    .join('.');
}

function shorten(number: bigint): string {
  const text = number.toString(16).padStart(32, '0').match(/.{4}/g)?.join(':') ?? '';
  return new URL(`http://[${text}]/`).hostname.slice(1, -1);
}

const special6 = ['2001:0000::/23', '2001:db8::/32', '2002::/16', '3fff::/20'].map((network) => {
  const [address = '', length] = network.split('/');
  const first = toGroups(new URL(`http://[${address}]/`).hostname.slice(1, -1)).reduce(
    (sum, group) => sum * 65_536n + BigInt(`0x${group}`),
    0n,
  );
  return [first, first + (1n << BigInt(128 - Number(length))) - 1n] as const;
});

function isReachable6(first: bigint, last: bigint, groups: readonly string[]): boolean {
  if (groups.slice(0, 6).join(':') === '64:ff9b:0:0:0:0') return readIpv4(toDotted(groups), 32) !== null;
  if (first >> 125n !== 1n) return false;
  return !special6.some(([from, to]) => first <= to && from <= last);
}

const lengths = { 32: 'md5', 40: 'sha1', 64: 'sha256', 128: 'sha512' } as const;
const known = /^\s*(md5|sha-?(1|256|512))\s*$/i;
const ofEmptyFiles = /^(d41d8cd98f|da39a3ee5e|e3b0c44298|cf83e1357e)/;

/** Reads a hash by its length, when the algorithm is one that a length identifies. */
export function readHash(algorithm: string, written: string): Value | null {
  if (!known.test(algorithm)) return null;
  const text = trim(written)
    .toLowerCase()
    .replace(/^(md5|sha-?(1|256|512))[:=]\s*/, '');
  if (!/^[\da-f]+$/.test(text) || /^(.)\1+$/.test(text) || ofEmptyFiles.test(text)) return null;
  const kind = lengths[text.length as keyof typeof lengths];
  return kind === undefined ? null : { kind, text };
}
