import { createHash } from 'node:crypto';
import type { StoredIndicator, StoredObservable } from '../platform/data/objects.ts';
import { writeIndicator, writeObservable } from '../platform/data/written.ts';

/** A platform as large and as untidy as a real one; the same for one seed. */
export interface Corpus {
  readonly observables: StoredObservable[];
  readonly indicators: StoredIndicator[];
}

/** What a real corpus of 124,000 objects had: 52 % names, a quarter of them Hostname, 40 % IPv4, 1 % IPv6, 7 % hashes. */
const shares = [
  ['Domain-Name', 0.39],
  ['Hostname', 0.13],
  ['IPv4-Addr', 0.4],
  ['IPv6-Addr', 0.01],
  ['StixFile', 0.06],
  ['Artifact', 0.01],
] as const;

type Type = (typeof shares)[number][0];

export function generateCorpus(
  seed: number,
  { observables, indicators }: { readonly observables: number; readonly indicators: number },
): Corpus {
  const random = createRandom(seed);
  const makers = createMakers(random);
  const types = shares.flatMap(([type, share]) => Array<Type>(Math.round(share * observables)).fill(type));
  const own = types.slice(0, observables).map((type, index) => makers.observable(type, index));
  const byType = new Map(
    shares.map(([type]) => [type, own.filter(({ entity_type }) => entity_type === type)] as const),
  );
  const patterns = shares.flatMap(([type, share]) => Array<Type>(Math.round(share * indicators)).fill(type));
  return {
    observables: own,
    indicators: patterns
      .slice(0, indicators)
      .map((type, index) => makers.indicator(type, index, byType.get(type) ?? [])),
  };
}

type Random = ReturnType<typeof createRandom>;

/** Mulberry32. */
function createRandom(seed: number) {
  let state = seed;
  const next = () => {
    state = (state + 0x6d2b79f5) | 0;
    let value = Math.imul(state ^ (state >>> 15), 1 | state);
    value = (value + Math.imul(value ^ (value >>> 7), 61 | value)) ^ value;
    return ((value ^ (value >>> 14)) >>> 0) / 4_294_967_296;
  };
  const below = (limit: number) => Math.floor(next() * limit);
  return {
    below,
    chance: (share: number) => next() < share,
    one: <T>(list: readonly T[]): T => list[below(list.length)] as T,
    hex: (digits: number) => Array.from({ length: digits }, () => '0123456789abcdef'[below(16)]).join(''),
  };
}

const ends = ['com', 'net', 'org', 'ru', 'top', 'xyz', 'info', 'co.uk', 'com.br', 'github.io', 'xn--p1ai'];
const words = ['login', 'cdn', 'mail', 'update', 'secure', 'api', 'bank', 'static', 'x_y', 'a-b', 'img'];

function createMakers(random: Random) {
  const { below, chance, one, hex } = random;
  const plainName = () => {
    const base = `${one(words)}${hex(6)}.${one(ends)}`;
    return chance(0.4) ? `${one(words)}.${base}` : base;
  };
  const plainIpv4 = () => `${1 + below(223)}.${below(256)}.${below(256)}.${below(256)}`;
  const plainIpv6 = () => `2a0${below(10)}:${hex(4)}:${hex(3)}::${one(['1', hex(4), `${hex(2)}:${hex(4)}`])}`;

  /** Spellings that mean the name, and texts that are no name; each of them occurs in OpenCTI. */
  const nameShapes: readonly ((name: string) => string)[] = [
    (name) => name.toUpperCase(),
    (name) => `${name}.`,
    (name) => `*.${name}`,
    (name) => `.${name}`,
    (name) => name.replaceAll('.', '[.]'),
    (name) => name.replace('.', '(.)'),
    (name) => `hxxp://${name}`,
    (name) => `hxxps[:]//${name}`,
    (name) => ` ${name}\t`,
    (name) => `\u00a0${name}\r\n`,
    (name) => `bücher-${name}`,
    (name) => `ПРИМЕР${name}`,
    (name) => `${name}:443`,
    (name) => `${name}/index.html`,
    (name) => `${name},other.net`,
    (name) => `"${name}"`,
    (name) => `'${name}'`,
    (name) => `a.*.${name}`,
    (name) => `**.${name}`,
    (name) => `${name}?`,
    (name) => `\u200b${name}`,
    (name) => name.replace('.', '\u200d.'),
    (name) => name.replace('.', ' .'),
    (name) => name.replace('.', '..'),
    (name) => `${'a'.repeat(64)}.${name}`,
    (name) => `${`${'a'.repeat(60)}.`.repeat(5)}${name}`,
    (name) => name.split('.')[0] ?? '',
    () => one(['com', 'co.uk', 'com.br', 'localhost', '', ' ', 'NULL', '0']),
    (name) =>
      `${name}.${one(['local', 'internal', 'invalid', 'test', 'example', 'example.com', 'localhost'])}`,
    () => one(['printer.local', 'example.com', 'www.example.org', 'dns.google', 'one.one.one.one']),
    () => plainIpv4(),
    () => '2a00::1',
    () => `1.${hex(3)}.com.1`,
  ];
  const ipv4Shapes: readonly ((address: string) => string)[] = [
    (address) => address.replaceAll('.', '[.]'),
    (address) => ` ${address} `,
    (address) => `${address}.`,
    (address) => `${address}/32`,
    (address) => `${address}/${24 + below(8)}`,
    (address) => `${address}/${one([0, 1, 7, 8, 12, 15, 16, 17, 20])}`,
    (address) => `${address}/33`,
    (address) => `${address}:80`,
    (address) => `${address}/24/1`,
    (address) => `0${address}`,
    () => one(['999.1.1.1', '256.1.1.1', '1.2.3', '1.2.3.4.5', '', 'localhost', '::1', '0x7f.1.1.1']),
    () => `10.${below(256)}.${below(256)}.${below(256)}`,
    () => `192.168.${below(256)}.${below(256)}`,
    () => `172.${16 + below(16)}.${below(256)}.${below(256)}`,
    () => `100.${64 + below(64)}.${below(256)}.1`,
    () => one(['127.0.0.1', '0.0.0.0', '255.255.255.255', '169.254.169.254', '198.18.0.1', '203.0.113.9']),
    () =>
      one([
        '192.0.2.77',
        '198.51.100.1',
        '224.0.0.251',
        '239.1.2.3',
        '240.0.0.1',
        '192.88.99.1',
        '192.0.0.9',
      ]),
    () => one(['168.63.129.16', '8.8.8.8', '1.1.1.1', '9.9.9.9', '8.8.8.0/24', '199.36.153.8']),
    () => one(['10.0.0.0/8', '192.168.0.0/16', '31.0.0.0/8', '0.0.0.0/0', '192.0.0.0/22', '224.0.0.0/4']),
  ];
  const ipv6Shapes: readonly ((address: string) => string)[] = [
    (address) => address.toUpperCase(),
    (address) => address.replace('::', ':0:0:0:0:0:0:0').split(':').slice(0, 8).join(':'),
    (address) => address.replace('::', ':0000::'),
    (address) => `${address}%eth0`,
    (address) => `${address}/128`,
    (address) => `${address}/${one([32, 47, 48, 56, 64])}`,
    (address) => `[${address}]`,
    () => `::ffff:${plainIpv4()}`,
    () => `::FFFF:${hex(4)}:${hex(4)}`,
    () => `64:ff9b::${plainIpv4()}`,
    () => '64:ff9b::10.1.2.3',
    () =>
      one([
        '::1',
        '::',
        'fe80::1',
        'fd00::1',
        '2001:db8::1',
        '2002:c000:201::1',
        '3fff::1',
        'ff02::1',
        '5f00::1',
      ]),
    () => one(['2001:4860:4860::8888', '31.0.0.1', 'x::y', '', '2a00::/12']),
  ];
  const spell = (shapes: readonly ((plain: string) => string)[], plain: string) =>
    chance(0.12) ? one(shapes)(plain) : plain;

  const digits = { MD5: 32, 'SHA-1': 40, 'SHA-256': 64, 'SHA-512': 128 } as const;
  const emptyOf = { MD5: 'md5', 'SHA-1': 'sha1', 'SHA-256': 'sha256', 'SHA-512': 'sha512' } as const;
  type Algorithm = keyof typeof digits;
  const algorithms = Object.keys(digits) as Algorithm[];
  const hashShapes: readonly ((hash: string, algorithm: Algorithm) => string)[] = [
    (hash) => hash.toUpperCase(),
    (hash) => ` ${hash}\n`,
    (hash) => hash.slice(1),
    (hash) => `${hash}0`,
    (hash) => `${hash.slice(0, -1)}g`,
    (hash, algorithm) => `${algorithm}:${hash}`,
    (hash, algorithm) => `${algorithm.replace('-', '').toLowerCase()}=${hash}`,
    () => '',
    (_, algorithm) => one(['0', 'f', 'a']).repeat(digits[algorithm]),
    (_, algorithm) => createHash(emptyOf[algorithm]).update('').digest('hex'),
    // This hash has the length of another algorithm, which identifies it.
    () => hex(digits[one(algorithms)]),
  ];
  const nameAlgorithm = (algorithm: Algorithm) =>
    chance(0.1) ? one([algorithm.replace('-', ''), algorithm.toLowerCase(), ` ${algorithm} `]) : algorithm;
  const hashes = () => {
    const chosen = chance(0.5) ? algorithms.slice(0, 3) : algorithms.filter(() => chance(0.5));
    const list = chosen.map((algorithm) => {
      const hash = hex(digits[algorithm]);
      return {
        algorithm: nameAlgorithm(algorithm),
        hash: chance(0.08) ? one(hashShapes)(hash, algorithm) : hash,
      };
    });
    return chance(0.05) ? [...list, { algorithm: one(['SSDEEP', 'TLSH', 'IMPHASH']), hash: hex(32) }] : list;
  };

  const score = () => (chance(0.03) ? null : one([0, 10, 20, 40, 49, 50, 50, 60, 70, 75, 80, 90, 100]));
  const earlier: Record<string, string[]> = {};
  /** One in twenty is a value that another object has, of the same type or of the other one. */
  const value = (kind: string, make: () => string) => {
    const known = earlier[kind] ?? [];
    earlier[kind] = known;
    if (known.length > 100 && chance(0.05)) return one(known);
    const made = make();
    known.push(made);
    return made;
  };
  const makeValue = {
    'Domain-Name': () => value('name', () => spell(nameShapes, plainName())),
    Hostname: () => value('name', () => spell(nameShapes, plainName())),
    'IPv4-Addr': () => value('ipv4', () => spell(ipv4Shapes, plainIpv4())),
    'IPv6-Addr': () => value('ipv6', () => spell(ipv6Shapes, plainIpv6())),
  } as const;

  /** One id in two thousand has an end that would forge a line of a list. */
  const idEnds = [...Array(2_000).fill(''), '\nforged.bad-name.net:x'] as const;
  const id = (index: number, prefix: string) =>
    `${prefix}${index.toString(16).padStart(7, '0')}-0000-4000-8000-${hex(12)}${one(idEnds)}`;
  const files: { algorithm: string; hash: string }[][] = [];

  function observable(type: Type, index: number): StoredObservable {
    const common = { entity_type: type, id: id(index, 'a'), x_opencti_score: score() };
    if (type !== 'StixFile' && type !== 'Artifact')
      return writeObservable({ ...common, value: makeValue[type]() });
    // One in ten shares a hash with an earlier file.
    const own = hashes();
    const shared = files.length > 50 && chance(0.1) ? one(files).slice(0, 1) : [];
    const all = [...shared, ...own.filter(({ algorithm }) => algorithm !== shared[0]?.algorithm)];
    files.push(all);
    return writeObservable({ ...common, name: chance(0.3) ? 'setup.exe' : 'a.dll', hashes: all });
  }

  const quote = (text: string) => `'${text.replaceAll('\\', '\\\\').replaceAll("'", "\\'")}'`;
  const life = (): Partial<StoredIndicator> =>
    chance(0.25)
      ? one<Partial<StoredIndicator>>([
          { revoked: true },
          { revoked: true, valid_until: '2020-01-01T00:00:00.000Z' },
          { valid_until: '2020-01-01T00:00:00.000Z' },
          { valid_from: '2098-01-01T00:00:00.000Z' },
          { valid_until: null },
        ])
      : {};

  /** Returns the pattern for one comparison: most have it alone, some have each shape that occurs. */
  function wrap(test: string, object: string): string {
    if (chance(0.8)) return `[${test}]`;
    const other = `domain-name:value = ${quote(plainName())}`;
    return one([
      `[${test} OR ${other}]`,
      `[${test}] OR [${other}]`,
      `([${test}])`,
      `[(${test})]`,
      `[ ${test.replace(' = ', '=')} ]`,
      `[${test}] AND [${other}]`,
      `[${test}] FOLLOWEDBY [${other}]`,
      `[${test}] WITHIN 300 SECONDS`,
      `[${test}] REPEATS 5 TIMES`,
      `[${test}] START t'2020-01-01T00:00:00Z' STOP t'2020-02-01T00:00:00Z'`,
      `[${test.replace(' = ', ' != ')}]`,
      `[${test.replace(' = ', ' NOT = ')}]`,
      `[${test.replace(' = ', ' LIKE ')}]`,
      `[${test.replace(' = ', ' MATCHES ')}]`,
      `[${test.replace(/ = (.*)$/s, ` IN ($1, ${quote(plainName())})`)}]`,
      `[${test} AND ${object === 'file' ? "file:name = 'x.exe'" : `${object}:x_foo = 'bar'`}]`,
      `[${test} AND ${other}]`,
      `[${test} AND url:value = 'http://x.net/']`,
      `[${test}`,
      `${test}]`,
    ]);
  }

  function pattern(type: Type, known: StoredObservable | undefined): string {
    if (type === 'StixFile' || type === 'Artifact') return filePattern(known?.hashes ?? hashes());
    const text = quote(known?.value ?? makeValue[type]());
    if (type === 'IPv6-Addr') return wrap(`ipv6-addr:value = ${text}`, 'ipv6-addr');
    return type === 'IPv4-Addr' ? addressPattern(text) : namePattern(text, type);
  }

  function addressPattern(text: string): string {
    if (chance(0.9)) return wrap(`ipv4-addr:value = ${text}`, 'ipv4-addr');
    return one([
      `[network-traffic:dst_ref.type = 'ipv4-addr' AND network-traffic:dst_ref.value = ${text}]`,
      `[network-traffic:dst_ref.value = ${text} AND network-traffic:dst_port = 443]`,
      `[network-traffic:src_ref.value = ${text}]`,
      `[ipv4-addr:value = ${text} AND network-traffic:dst_port = 8080]`,
      `[ipv4-addr:value ISSUBSET '31.${below(256)}.${below(256)}.0/24']`,
      `[ipv4-addr:value ISSUPERSET ${text}]`,
      `[ipv4-addr:value IN (${text}, '31.7.${below(256)}.${below(256)}')]`,
    ]);
  }

  function namePattern(text: string, type: Type): string {
    if (chance(0.95))
      return wrap(`${type === 'Hostname' ? 'hostname' : 'domain-name'}:value = ${text}`, 'domain-name');
    return one([
      `[domain-name:value = ${text} AND domain-name:resolves_to_refs[*].value = '31.1.2.3']`,
      `[x-opencti-hostname:value = ${text}]`,
      `[url:value = 'http://${plainName()}/']`,
      `[domain-name:value = ${text} AND network-traffic:dst_port = 53]`,
      `[email-addr:value = 'a@b.net']`,
      '[domain-name:value = 5]',
    ]);
  }

  function filePattern(list: readonly { algorithm: string; hash: string | null }[]): string {
    const tests = list.map(({ algorithm, hash }) => `file:hashes.'${algorithm}' = ${quote(hash ?? '')}`);
    if (tests.length === 0) return "[file:name = 'evil.exe']";
    const [first = ''] = tests;
    return one([
      `[${tests.join(' OR ')}]`,
      `[${tests.join(' OR ')}]`,
      `[${tests.join(' AND ')}]`,
      `[${first}]`,
      `[${tests.at(-1)}]`,
      `[file:name = 'evil.exe' AND ${first}]`,
      `[file:name = 'evil.exe' AND (${tests.join(' OR ')})]`,
      `[${tests.join(' AND ')} AND file:size = 1024]`,
      `[process:image_ref.hashes.'SHA-256' = '${hex(64)}']`,
      `[${first.replace('file:', 'artifact:')}]`,
      `[${first}] FOLLOWEDBY [${tests.at(-1)}]`,
    ]);
  }

  /** Makes an indicator; most are about a value that an observable has. */
  function indicator(type: Type, index: number, own: readonly StoredObservable[]): StoredIndicator {
    const known = chance(0.6) && own.length > 0 ? one(own) : undefined;
    const common = { id: id(index, 'b'), x_opencti_score: score(), ...life() };
    if (chance(0.02))
      return writeIndicator({ ...common, pattern: 'rule x { condition: true }', pattern_type: 'yara' });
    return writeIndicator({
      ...common,
      pattern: pattern(type, known),
      pattern_type: chance(0.02) ? 'STIX' : 'stix',
    });
  }

  return { observable, indicator };
}
