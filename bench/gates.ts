import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { ruleBytes } from '../src/compile/gates/gate.ts';
import {
  compile,
  makeHashes,
  makeName,
  makeNames,
  scored,
  toRandom,
  walkerOf,
} from '../test/compile/gates/values.ts';

/**
 * What the compiler of the gates costs, and what its trees cost an event that matches nothing. One set is measured
 * in a process of its own, so that its peak memory is its own.
 */
interface Case {
  readonly kind: 'hashes' | 'domains';
  readonly count: number;
  readonly prefix: number;
}

const cases: readonly Case[] = [
  { kind: 'hashes', count: 1_000, prefix: 16 },
  { kind: 'hashes', count: 100_000, prefix: 16 },
  { kind: 'hashes', count: 1_000_000, prefix: 12 },
  { kind: 'hashes', count: 1_000_000, prefix: 16 },
  { kind: 'hashes', count: 2_000_000, prefix: 12 },
  { kind: 'domains', count: 1_000, prefix: 0 },
  { kind: 'domains', count: 100_000, prefix: 0 },
  { kind: 'domains', count: 300_000, prefix: 0 },
];

/** Machine code for thousands of leaves is more than V8 has room for. */
const interpreted = '--regexp-interpret-all';

const events = 2_000;
const megabyte = 1_000_000;

/** What an event that matches nothing has in the field. */
function makeStrangers(kind: Case['kind']): string[] {
  const random = toRandom(77);
  if (kind === 'domains') return Array.from({ length: events }, () => `www.q${makeName(random)}`);
  return makeHashes('sha256', events, 99).map((hash) => `SHA256=${hash.toUpperCase()}`);
}

function measure({ kind, count, prefix }: Case): string[] {
  const hashes = kind === 'hashes';
  const values = scored(hashes ? makeHashes('sha256', count) : makeNames(count));
  const before = performance.now();
  const plan = hashes
    ? compile({ sha256: values }, { fields: ['win_hashes'], prefix })
    : compile({ name: values }, { fields: ['win_query'] });
  const seconds = (performance.now() - before) / 1000;
  const peak = process.resourceUsage().maxRSS / 1024;
  const walk = walkerOf(plan, hashes ? 'win_hashes' : 'win_query');
  const tried = makeStrangers(kind).map((text) => walk(text).tried);
  const mean = tried.reduce((sum, one) => sum + one, 0) / tried.length;
  const leaves = plan.trees.flatMap(({ gates }) => gates).filter(({ leaf }) => leaf).length;
  return [
    `${count.toLocaleString('en')} ${kind}${hashes ? ` at ${prefix} digits` : ''}`,
    `${seconds.toFixed(2)} s`,
    `${plan.rules} (${leaves} leaves)`,
    `${(plan.bytes / megabyte).toFixed(2)} MB`,
    `${peak.toFixed(0)} MB`,
    mean.toFixed(1),
    `${Math.max(...tried)}`,
  ];
}

function runAll(): void {
  const script = fileURLToPath(import.meta.url);
  process.stdout.write(`rules text counts ${ruleBytes} bytes a rule beside its pattern\n`);
  process.stdout.write('| values | compile | rules | rules text | peak memory | tried, mean | worst |\n');
  process.stdout.write('|---|---|---|---|---|---|---|\n');
  for (const index of cases.keys()) {
    const run = spawnSync(process.execPath, [interpreted, script, String(index)], { encoding: 'utf8' });
    if (run.status !== 0) throw new Error(run.stderr);
    process.stdout.write(run.stdout);
  }
}

const chosen = cases[Number(process.argv[2] ?? Number.NaN)];
if (chosen) process.stdout.write(`| ${measure(chosen).join(' | ')} |\n`);
else runAll();
