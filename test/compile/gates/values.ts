import { createHash } from 'node:crypto';
import { compileGates, type GateOptions, type GatePlan } from '../../../src/compile/gates/compile-gates.ts';
import type { GateTree, GateValues, ScoredValues } from '../../../src/compile/gates/gate.ts';
import type { GateField } from '../../../src/compile/gates/ids.ts';
import { toScoredValues } from '../../../src/compile/gates/keep-best.ts';
import { toExactOnly } from '../../../src/compile/gates/names.ts';
import { toWalker, type Walk } from './walk.ts';

/** Whole numbers below `limit`, the same in every run of the tests (mulberry32). */
export function toRandom(seed: number): (limit: number) => number {
  let state = seed >>> 0;
  return (limit) => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return Math.floor((((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32) * limit);
  };
}

const algorithms = { sha256: 'sha256', sha1: 'sha1', md5: 'md5' } as const;

export function makeHashes(kind: keyof typeof algorithms, count: number, seed = 0): string[] {
  const hashes: string[] = [];
  for (let index = 0; index < count; index++) {
    hashes.push(createHash(algorithms[kind]).update(`${seed}/${index}`).digest('hex'));
  }
  return hashes;
}

/** About what feeds hold: two thirds in the big top-level domains, many names below one host, made-up letters. */
const endings = [
  ...['com', 'com', 'com', 'com', 'com', 'com', 'com', 'net', 'org', 'info', 'ru', 'ru', 'xyz', 'top', 'cn'],
  ...['co.uk', 'com.br', 'de', 'online', 'site', 'tk', 'cc', 'pl', 'sbs', 'cfd', 'museum', 'xn--p1ai', 'io'],
  ...['duckdns.org', 'ddns.net', 'cdn.example-hosting.net'],
];
const letters = 'abcdefghijklmnopqrstuvwxyz0123456789eeeeeaaaaaooooiiiissttrrnnll-';

export function makeName(random: (limit: number) => number): string {
  const label = (): string => {
    const length = 4 + random(12);
    let text = letters.charAt(random(26));
    for (let at = 1; at < length; at++) text += letters.charAt(random(letters.length));
    return text.endsWith('-') ? `${text}x` : text;
  };
  const name = `${label()}.${endings[random(endings.length)]}`;
  const shape = random(50);
  if (shape === 0) return `xn--${name}`;
  if (shape === 1) return `_${label()}.${name}`;
  return shape < 8 ? `${label()}.${name}` : name;
}

export function makeNames(count: number, seed = 1): string[] {
  const random = toRandom(seed);
  const names = new Set<string>();
  while (names.size < count) names.add(makeName(random));
  return [...names];
}

/** IPv4 networks of these lengths, anywhere in the address space or below `within` (its first two numbers). */
export function makeNetworks(count: number, lengths: readonly [number, number], within?: string): string[] {
  const random = toRandom(count + lengths[0]);
  const networks = new Set<string>();
  while (networks.size < count) {
    const length = lengths[0] + random(lengths[1] - lengths[0] + 1);
    const begin = within ?? `${1 + random(223)}.${random(256)}`;
    const [a = 0, b = 0, c = 0, d = 0] = `${begin}.${random(256)}.${random(256)}`.split('.').map(Number);
    const size = 2 ** (32 - length);
    const first = Math.floor((((a * 256 + b) * 256 + c) * 256 + d) / size) * size;
    const bytes = [24, 16, 8, 0].map((shift) => Math.floor(first / 2 ** shift) % 256);
    networks.add(`${bytes.join('.')}/${length}`);
  }
  return [...networks];
}

/** IPv6 networks of 33 to 48 bits, so that a leaf has a class for most of them. */
export function makeIpv6Networks(count: number): string[] {
  const random = toRandom(count);
  const hex = (limit: number): string => random(limit).toString(16);
  const networks = new Set<string>();
  while (networks.size < count) {
    networks.add(`2${hex(4096).padStart(3, '0')}:${hex(65_536)}:${hex(65_536)}::/${33 + random(16)}`);
  }
  return [...networks];
}

export const scored = (values: Iterable<string>, score = 80): ScoredValues =>
  toScoredValues(Array.from(values, (value): [string, number] => [value, score]));

const none = scored([]);

const noValues: GateValues = {
  sha256: none,
  sha1: none,
  md5: none,
  name: none,
  ipv4: none,
  'ipv4-network': none,
  'ipv6-network': none,
};

export const allFields = ['win_hashes', 'win_stream', 'win_query', 'win_address', 'linux_address'] as const;

export function compile(values: Partial<GateValues>, options: Partial<GateOptions> = {}): GatePlan {
  return compileGates(
    { ...noValues, ...values },
    {
      fields: allFields,
      ids: { from: 810_000, to: 899_999 },
      prefix: 'auto',
      earlierPrefix: null,
      isExactOnly: toExactOnly(),
      maxRules: 20_000,
      maxBytes: 100_000_000,
      ...options,
    },
  );
}

export function treeOf(plan: GatePlan, field: GateField): GateTree {
  const tree = plan.trees.find((candidate) => candidate.field === field);
  if (!tree) throw new Error(`no tree for ${field}`);
  return tree;
}

export function walkerOf(plan: GatePlan, field: GateField): (text: string) => Walk {
  return toWalker(treeOf(plan, field));
}

export function matcherOf(plan: GatePlan, field: GateField): (text: string) => boolean {
  const walk = walkerOf(plan, field);
  return (text) => walk(text).leaf !== undefined;
}
