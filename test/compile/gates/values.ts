import { createHash } from 'node:crypto';
import {
  compileGates,
  type GateOptions,
  type GatePlan,
  type GateValues,
} from '../../../src/compile/gates/compile-gates.ts';
import { toExactOnly } from '../../../src/compile/gates/exact-only.ts';
import type { FieldKey, GateTree, ScoredValues } from '../../../src/compile/gates/gate.ts';
import { toScoredValues } from '../../../src/compile/gates/keep-best.ts';
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

export const scored = (values: Iterable<string>, score = 80): ScoredValues =>
  toScoredValues(Array.from(values, (value): [string, number] => [value, score]));

const none = scored([]);

export const noValues: GateValues = {
  sha256: none,
  sha1: none,
  md5: none,
  name: none,
  'ipv4-network': none,
  'ipv6-network': none,
};

export const allFields = [
  'win_hashes',
  'win_stream',
  'linux_hashes',
  'win_query',
  'win_address',
  'linux_address',
] as const;

export function compile(values: Partial<GateValues>, options: Partial<GateOptions> = {}): GatePlan {
  return compileGates(
    { ...noValues, ...values },
    {
      fields: allFields,
      ids: { from: 800000, to: 899999 },
      prefix: 'auto',
      isExactOnly: toExactOnly(),
      maxRules: 20_000,
      maxBytes: 100_000_000,
      ...options,
    },
  );
}

export function treeOf(plan: GatePlan, field: FieldKey): GateTree {
  const tree = plan.trees.find((candidate) => candidate.field === field);
  if (!tree) throw new Error(`no tree for ${field}`);
  return tree;
}

export function walkerOf(plan: GatePlan, field: FieldKey): (text: string) => Walk {
  return toWalker(treeOf(plan, field));
}

export function matcherOf(plan: GatePlan, field: FieldKey): (text: string) => boolean {
  const walk = walkerOf(plan, field);
  return (text) => walk(text).leaf !== undefined;
}
