import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import type { GatePlan } from '../src/compile/gates/compile-gates.ts';
import { ruleBytes } from '../src/compile/gates/gate.ts';
import { lintRuleFiles } from '../src/compile/lint-rules.ts';
import { renderRuleFiles } from '../src/wazuh/rule-files.ts';
import {
  compile,
  makeHashes,
  makeName,
  makeNames,
  scored,
  toRandom,
  walkerOf,
} from '../test/compile/gates/values.ts';
import { planOptions } from '../test/support/plan-options.ts';

/**
 * What the compiler of the gates costs for one field, what its trees cost an event that matches nothing, and what the
 * gates of a whole plan cost: those of every field, rendered and linted. Each is measured in a process of its own, so
 * that its peak memory is its own, beside which the memory of the values alone stands.
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

const interpreted = '--regexp-interpret-all';

const events = 2_000;
const megabyte = 1_000_000;

/** What an event that matches nothing has in the field. */
function makeStrangers(kind: Case['kind']): string[] {
  const random = toRandom(77);
  if (kind === 'domains') return Array.from({ length: events }, () => `www.q${makeName(random)}`);
  return makeHashes('sha256', events, 99).map((hash) => `SHA256=${hash.toUpperCase()}`);
}

const toValues = ({ kind, count }: Case) =>
  scored(kind === 'hashes' ? makeHashes('sha256', count) : makeNames(count));

const peakMemory = (): number => Math.round(process.resourceUsage().maxRSS / 1024);

function compileCase(chosen: Case, fields: 'one' | 'all') {
  const values = toValues(chosen);
  const memory = peakMemory();
  const { kind, prefix } = chosen;
  const before = performance.now();
  const plan =
    kind === 'hashes'
      ? compile({ sha256: values }, { prefix, ...(fields === 'one' ? { fields: ['win_hashes'] } : {}) })
      : compile({ name: values }, fields === 'one' ? { fields: ['win_query'] } : {});
  return { plan, memory, before };
}

const secondsSince = (before: number): string => `${((performance.now() - before) / 1000).toFixed(2)} s`;

function measureTree(chosen: Case): string[] {
  const { kind, count, prefix } = chosen;
  const { plan, before } = compileCase(chosen, 'one');
  const seconds = secondsSince(before);
  const peak = peakMemory();
  const walk = walkerOf(plan, kind === 'hashes' ? 'win_hashes' : 'win_query');
  const tried = makeStrangers(kind).map((text) => walk(text).tried);
  const mean = tried.reduce((sum, one) => sum + one, 0) / tried.length;
  const leaves = plan.trees.flatMap(({ gates }) => gates).filter(({ leaf }) => leaf).length;
  return [
    `${count.toLocaleString('en')} ${kind}${kind === 'hashes' ? ` at ${prefix} digits` : ''}`,
    seconds,
    `${plan.rules} (${leaves} leaves)`,
    `${(plan.bytes / megabyte).toFixed(2)} MB`,
    `${peak} MB`,
    mean.toFixed(1),
    `${Math.max(...tried)}`,
  ];
}

function renderAndLint({ trees }: GatePlan): number {
  const gates = new Map(trees.map(({ field, root, gates: below }) => [field, [root, ...below]] as const));
  const files = renderRuleFiles({ ...planOptions.rules, gates });
  lintRuleFiles(files, {});
  return files.reduce((sum, { text }) => sum + text.length, 0);
}

function measurePlan(chosen: Case): string[] {
  const { plan, memory, before } = compileCase(chosen, 'all');
  const gates = secondsSince(before);
  const bytes = renderAndLint(plan);
  return [
    `${plan.rules}`,
    `${(bytes / megabyte).toFixed(2)} MB`,
    `${gates} / ${secondsSince(before)}`,
    `${memory} / ${peakMemory()} MB`,
  ];
}

function runChild(index: number, part: 'tree' | 'plan'): string {
  const script = fileURLToPath(import.meta.url);
  // The walk runs thousands of patterns, and machine code for all of them is more than V8 has room for.
  const options = part === 'tree' ? [interpreted] : [];
  const run = spawnSync(process.execPath, [...options, script, String(index), part], { encoding: 'utf8' });
  if (run.status !== 0) throw new Error(run.stderr);
  return run.stdout;
}

function runAll(): void {
  process.stdout.write(`rules text counts ${ruleBytes} bytes a rule beside its pattern\n`);
  process.stdout.write(
    '| values | one field | rules | rules text | peak memory | tried, mean | worst | all fields: rules | rules text | compile / with rendering and lint | memory: values / peak |\n',
  );
  process.stdout.write('|---|---|---|---|---|---|---|---|---|---|---|\n');
  for (const index of cases.keys())
    process.stdout.write(`| ${runChild(index, 'tree')} | ${runChild(index, 'plan')} |\n`);
}

const [, , index = '', part] = process.argv;
const chosen = cases[Number(index === '' ? Number.NaN : index)];
if (!chosen) runAll();
else process.stdout.write((part === 'plan' ? measurePlan(chosen) : measureTree(chosen)).join(' | '));
