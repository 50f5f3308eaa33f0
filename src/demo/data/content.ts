import { toDomain, toHostname, toIpv4, toIpv6, toMd5, toSha1, toSha256 } from './clean-values.ts';
import { toNoise } from './noise.ts';
import type { ObservableEntityType, StoredHash } from './objects.ts';

/** What an observable says, apart from who made it and when. */
export interface Content {
  readonly value?: string;
  readonly name?: string | null;
  readonly hashes?: readonly StoredHash[];
}

/** Which type each row has, over and over. */
const typeCycle = [
  'StixFile',
  'IPv4-Addr',
  'Domain-Name',
  'Hostname',
  'Artifact',
  'StixFile',
  'IPv6-Addr',
  'Url',
  'Domain-Name',
  'IPv4-Addr',
  'StixFile',
  'StixFile',
  'Hostname',
  'IPv4-Addr',
  'Domain-Name',
  'StixFile',
  'Email-Addr',
  'StixFile',
  'IPv4-Addr',
  'Domain-Name',
] as const satisfies readonly ObservableEntityType[];

export function entityTypeAt(index: number): (typeof typeCycle)[number] {
  return typeCycle[index % typeCycle.length] ?? typeCycle[0];
}

const makers = {
  StixFile: toFile,
  Artifact: toFile,
  'IPv4-Addr': (seed, index) => ({ value: toIpv4(seed, index) }),
  'IPv6-Addr': (seed, index) => ({ value: toIpv6(seed, index) }),
  'Domain-Name': (seed, index) => ({ value: toDomain(seed, index) }),
  Hostname: (seed, index) => ({ value: toHostname(seed, index) }),
  Url: (seed, index) => ({ value: `https://${toDomain(seed, index)}/index.php?id=${index}` }),
  'Email-Addr': (seed, index) => ({ value: `billing@${toDomain(seed, index)}` }),
} as const satisfies Record<(typeof typeCycle)[number], (seed: number, index: number) => Content>;

export function toCleanContent(seed: number, index: number): Content {
  return makers[entityTypeAt(index)](seed, index);
}

/** A file has all three hashes or, one time in two, only some. */
function toFile(seed: number, index: number): Content {
  const sha256 = { algorithm: 'SHA-256', hash: toSha256(seed, index) };
  const sha1 = { algorithm: 'SHA-1', hash: toSha1(seed, index) };
  const md5 = { algorithm: 'MD5', hash: toMd5(seed, index) };
  const sets = [
    [md5, sha1, sha256],
    [sha256],
    [md5, sha1, sha256],
    [md5],
    [md5, sha256],
    [md5, sha1, sha256],
  ];
  return {
    name: `sample-${index.toString(36)}.exe`,
    hashes: sets[toNoise(seed, index, 50) % sets.length] ?? [sha256],
  };
}
