import { toDomain, toHostname, toIpv4, toIpv6, toMd5, toSha1, toSha256 } from './clean-values.ts';
import { type Dirt, hashDirt, ipv4Dirt, ipv6Dirt, nameDirt } from './dirt.ts';
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

type SeededType = (typeof typeCycle)[number];

export function entityTypeAt(index: number): SeededType {
  return typeCycle[index % typeCycle.length] ?? typeCycle[0];
}

const makers = {
  StixFile: toFile,
  Artifact: toArtifact,
  'IPv4-Addr': (seed, index) => ({ value: toIpv4(seed, index) }),
  'IPv6-Addr': (seed, index) => ({ value: toIpv6(seed, index) }),
  'Domain-Name': (seed, index) => ({ value: toDomain(seed, index) }),
  Hostname: (seed, index) => ({ value: toHost(seed, index) }),
  Url: (seed, index) => ({ value: `https://${toDomain(seed, index)}/index.php?id=${index}` }),
  'Email-Addr': (seed, index) => ({ value: `billing@${toDomain(seed, index)}` }),
} as const satisfies Record<SeededType, (seed: number, index: number) => Content>;

const valueDirt: Partial<Record<SeededType, readonly Dirt[]>> = {
  'IPv4-Addr': Object.values(ipv4Dirt),
  'IPv6-Addr': Object.values(ipv6Dirt),
  'Domain-Name': Object.values(nameDirt),
  Hostname: Object.values(nameDirt),
};

const anyHashDirt = Object.values(hashDirt);

/** What row `index` says; about one row in twenty is dirty. */
export function toContent(seed: number, index: number): Content {
  const type = entityTypeAt(index);
  const clean: Content = makers[type](seed, index);
  const noise = toNoise(seed, index, 60);
  if (noise % 20 !== 0) return clean;
  const form = noise >>> 8;
  if (clean.hashes) {
    const dirt = anyHashDirt[form % anyHashDirt.length];
    return dirt ? { ...clean, hashes: dirt(clean.hashes) } : clean;
  }
  const forms = valueDirt[type] ?? [];
  const dirt = forms[form % forms.length];
  return dirt && clean.value !== undefined ? { ...clean, value: dirt(clean.value) } : clean;
}

/** What filters by value or hash compare. */
export function toTexts({ value, hashes = [] }: Content): readonly string[] {
  return value === undefined ? hashes.flatMap(({ hash }) => hash ?? []) : [value];
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

/** One in three is the upload of a file that is also a StixFile, four rows before. */
function toArtifact(seed: number, index: number): Content {
  const isUpload = toNoise(seed, index, 51) % 3 === 0 && entityTypeAt(index - 4) === 'StixFile';
  return { ...toFile(seed, isUpload ? index - 4 : index), name: null };
}

/** One in three has the name of the domain of the row before. */
function toHost(seed: number, index: number): string {
  const isDomain = toNoise(seed, index, 52) % 3 === 0 && entityTypeAt(index - 1) === 'Domain-Name';
  return isDomain ? toDomain(seed, index - 1) : toHostname(seed, index);
}
