import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import type { GatePlan } from '../src/compile/gates/compile-gates.ts';
import { ruleBytes } from '../src/compile/gates/gate.ts';
import { lintRuleFiles } from '../src/compile/lint.ts';
import { renderRuleFiles } from '../src/wazuh/rules.ts';
import { makeLargeSet } from '../test/compile/gates/large-set.ts';
import {
  compile,
  makeHashes,
  makeName,
  makeNames,
  scored,
  toRandom,
  walkerOf,
} from '../test/compile/gates/values.ts';
import { toRuleTreeCost } from '../test/compile/support/rule-tree-cost.ts';
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

const render = (trees: GatePlan['trees']) =>
  renderRuleFiles({
    ...planOptions.rules,
    patterns: planOptions.gates,
    gates: new Map(trees.map((tree) => [tree.field, tree.gates] as const)),
  });

function renderAndLint({ trees }: GatePlan): number {
  const files = render(trees);
  lintRuleFiles(files, planOptions.rules.blocks);
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

/** What the engine has to load of the large set, by the model of it: on a manager, without the tree of event 15, exported. */
function measureLargeSet(): void {
  const { ipv4, ...manager } = makeLargeSet();
  const both = compile(manager, { prefix: 12 });
  const rows = [
    ['no values', []],
    ['on a manager, both hash trees', both.trees],
    ['on a manager, win_stream cut', both.trees.filter(({ field }) => field !== 'win_stream')],
    ['exported, both hash trees', compile({ ...manager, ipv4 }, { prefix: 12 }).trees],
  ] as const;
  process.stdout.write('\n1 M hashes, 300 k names, 100 k addresses, 4.5 k and 0.5 k networks, 12 digits\n');
  process.stdout.write('| set | gate rules | gate file | nodes (bare 8,451) | nodes walked at a reload |\n');
  process.stdout.write('|---|---|---|---|---|\n');
  for (const [what, trees] of rows) {
    const cost = toRuleTreeCost(render(trees));
    const cells = [
      what,
      cost.gates.toLocaleString('en'),
      `${(cost.bytes / megabyte).toFixed(2)} MB`,
      cost.nodes.toLocaleString('en'),
      `${(cost.walked / megabyte).toFixed(1)} M`,
    ];
    process.stdout.write(`| ${cells.join(' | ')} |\n`);
  }
}

function runAll(): void {
  process.stdout.write(`rules text counts ${ruleBytes} bytes a rule beside its pattern\n`);
  process.stdout.write(
    '| values | one field | rules | rules text | peak memory | tried, mean | worst | all fields: rules | rules text | compile / with rendering and lint | memory: values / peak |\n',
  );
  process.stdout.write('|---|---|---|---|---|---|---|---|---|---|---|\n');
  for (const index of cases.keys())
    process.stdout.write(`| ${runChild(index, 'tree')} | ${runChild(index, 'plan')} |\n`);
  measureLargeSet();
}

const [, , index = '', part] = process.argv;
const chosen = cases[Number(index === '' ? Number.NaN : index)];
if (!chosen) runAll();
else process.stdout.write((part === 'plan' ? measurePlan(chosen) : measureTree(chosen)).join(' | '));
