import { pick, toNoise, toNoiseHex } from './noise.ts';

/** First octets of address space that is in public use. */
const publicOctets = [5, 23, 31, 45, 62, 77, 80, 91, 103, 141, 146, 176, 185, 193, 194, 212] as const;
const beginnings = [
  'cdn',
  'secure',
  'login',
  'update',
  'static',
  'mail',
  'portal',
  'cloud',
  'api',
  'pay',
] as const;
const endings = ['desk', 'sync', 'gate', 'hub', 'store', 'drive', 'check', 'link', 'node', 'zone'] as const;
const suffixes = ['com', 'net', 'org', 'info', 'top', 'xyz', 'ru', 'cn', 'co.uk', 'com.br'] as const;
const hosts = ['www', 'mx1', 'vpn', 'ns2', 'files', 'c2'] as const;

export function toSha256(seed: number, index: number): string {
  return toNoiseHex(seed, index, 10, 64);
}

export function toSha1(seed: number, index: number): string {
  return toNoiseHex(seed, index, 11, 40);
}

export function toMd5(seed: number, index: number): string {
  return toNoiseHex(seed, index, 12, 32);
}

export function toIpv4(seed: number, index: number): string {
  const noise = toNoise(seed, index, 20);
  return [
    pick(toNoise(seed, index, 21), publicOctets),
    noise >>> 24,
    (noise >>> 16) & 255,
    (noise & 253) + 1,
  ].join('.');
}

/** Lower case, eight groups without padding, none of them 0. */
export function toIpv6(seed: number, index: number): string {
  const groups = [2, 3, 4, 5, 6, 7, 8].map((group) =>
    ((toNoise(seed, index, 30 + group) & 0xffff) | 1).toString(16),
  );
  return `2a0${toNoise(seed, index, 30) % 8}:${groups.join(':')}`;
}

export function toDomain(seed: number, index: number): string {
  const noise = toNoise(seed, index, 40);
  const label = `${pick(noise, beginnings)}${pick(noise >>> 8, endings)}-${index.toString(36)}`;
  return `${label}.${pick(noise >>> 16, suffixes)}`;
}

export function toHostname(seed: number, index: number): string {
  return `${pick(toNoise(seed, index, 41), hosts)}.${toDomain(seed, index)}`;
}
