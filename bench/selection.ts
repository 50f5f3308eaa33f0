import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { exportToFolder } from '../src/commands/export/index.ts';
import { loadConfig } from '../src/config/load.ts';
import { createDemoData } from '../test/platform/data/demo-data.ts';
import { demoToken, startOpenCti } from '../test/platform/server.ts';

/**
 * What filters cost: whole exports from an embedded OpenCTI in a process of its own, without filters and with every
 * one on. The filters are the dearest kind: each looks at every object, and lets it pass.
 */
const rows = { observables: 100_000, indicators: 30_000 };
const rounds = 5;
const mostPercent = 25;
const script = fileURLToPath(import.meta.url);

/** Names that the platform has and that no object carries. */
const unusedLabel = 'unused';
const unusedAuthor = 'Nobody';
const unusedMarking = 'PAP:UNUSED';

const filters = [
  `labels: { none: [${unusedLabel}] }`,
  `authors: { out: [${unusedAuthor}] }`,
  `markings: { none: ["${unusedMarking}"], tlp_max: "TLP:RED" }`,
  'created_within: 36500d',
  'updated_within: 36500d',
];

/** Every filter in every place, allow files and warning lists; `any` and `in` would only make less to do. */
function renderFilters(folder: string): string {
  const allow = join(folder, 'allow.txt');
  const warn = join(folder, 'warn.json');
  writeFileSync(
    allow,
    Array.from({ length: 10_000 }, (_, index) => `.allowed-${index}.example.com\n`).join(''),
  );
  const names = Array.from({ length: 100_000 }, (_, index) => `harmless-${index}.example.org`);
  writeFileSync(warn, JSON.stringify({ name: 'harmless', type: 'hostname', list: names }));
  const filter = filters.join(', ');
  return `select:
  kinds: [sha256, sha1, md5, ipv4, ipv6, name]
  ${filters.join('\n  ')}
  observables: { when: any, ${filter} }
  indicators: { pattern_types: [stix], min_confidence: 1, grace: 1d, ${filter} }
  hash: { min_score: 50, ${filter} }
  address: { min_score: 50, ${filter} }
  name: { min_score: 50, ${filter} }
  allow_files: [${allow}]
  warning_lists: { files: [${warn}] }
`;
}

async function serve(): Promise<void> {
  const data = createDemoData(rows);
  const [label] = data.labels.values();
  const [author] = data.identities.values();
  const [marking] = data.markings.values();
  if (!label || !author || !marking) throw new Error('the embedded platform has no label, author or marking');
  data.labels.set(unusedLabel, { ...label, id: 'unused-label', value: unusedLabel });
  data.identities.set(unusedAuthor, { ...author, id: 'unused-author', name: unusedAuthor });
  data.markings.set(unusedMarking, { ...marking, id: unusedMarking, definition: unusedMarking });
  const { url } = await startOpenCti({ data });
  process.stdout.write(`${url}\n`);
}

interface Cost {
  readonly seconds: number;
  /** Of this process: the server's own is not ours. */
  readonly cpu: number;
  readonly values: number;
}

/** One export; the result goes to standard output. */
async function run(url: string, file: string, filterThere: boolean): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'opencti-wazuh-bench-'));
  const environment = { OPENCTI_URL: url, OPENCTI_TOKEN: demoToken, WAZUH_HOME: folder };
  const config = loadConfig({ file, environment });
  const progress = { read: () => {}, note: () => {}, end: () => {} };
  const started = performance.now();
  const before = process.cpuUsage();
  // OpenCTI leaves nothing out of a read that a record is made of.
  const record = filterThere ? undefined : { read: () => null, write() {} };
  const { manifest } = await exportToFolder(folder, { config, progress, now: new Date(), record });
  const { user, system } = process.cpuUsage(before);
  const seconds = (performance.now() - started) / 1_000;
  rmSync(folder, { recursive: true });
  const cost: Cost = { seconds, cpu: (user + system) / 1e6, values: manifest.values.in };
  process.stdout.write(JSON.stringify(cost));
}

function measure(...args: readonly string[]): Cost {
  const child = spawnSync(process.execPath, [script, 'run', ...args], { encoding: 'utf8' });
  if (child.status !== 0) throw new Error(child.stderr);
  return JSON.parse(child.stdout) as Cost;
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN;
}

/** One of each a round, so that what else the machine does falls on all of them. */
function measureAll(url: string, folder: string): Record<string, Cost[]> {
  const [without, withAll] = [join(folder, 'without.yml'), join(folder, 'with.yml')];
  writeFileSync(without, 'select: {}\n');
  writeFileSync(withAll, renderFilters(folder));
  const cases = {
    'without filters': [url, without, 'true'],
    'every filter on': [url, withAll, 'true'],
    'every filter on, none decided by OpenCTI': [url, withAll, 'false'],
  } as const;
  const costs = Object.entries(cases).map(([name, args]) => ({ name, args, runs: [] as Cost[] }));
  for (let round = 0; round < rounds; round += 1) {
    for (const { args, runs } of costs) runs.push(measure(...args));
  }
  return Object.fromEntries(costs.map(({ name, runs }) => [name, runs]));
}

async function main(): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'opencti-wazuh-bench-'));
  const server = spawn(process.execPath, [script, 'serve'], { stdio: ['ignore', 'pipe', 'inherit'] });
  try {
    const [url] = (await once(createInterface({ input: server.stdout }), 'line')) as [string];
    const costs = measureAll(url, folder);
    process.exitCode = report(costs) ? 0 : 1;
  } finally {
    server.kill();
    rmSync(folder, { recursive: true });
  }
}

/** False: the limit was missed. */
function report(costs: Readonly<Record<string, readonly Cost[]>>): boolean {
  const base = costs['without filters'] ?? [];
  const of = (runs: readonly Cost[], key: keyof Cost) => median(runs.map((each) => each[key]));
  process.stdout.write(
    `${rows.observables} observables, ${rows.indicators} indicators; medians of ${rounds}\n`,
  );
  process.stdout.write('| export | seconds | | processor | | values in |\n|---|---|---|---|---|---|\n');
  let isMet = true;
  for (const [name, runs] of Object.entries(costs)) {
    const [seconds, cpu] = [of(runs, 'seconds'), of(runs, 'cpu')];
    const more = (key: 'seconds' | 'cpu') => 100 * (of(runs, key) / of(base, key) - 1);
    isMet &&= more('seconds') <= mostPercent;
    const sign = (percent: number) => `${percent >= 0 ? '+' : ''}${percent.toFixed(0)} %`;
    process.stdout.write(
      `| ${name} | ${seconds.toFixed(2)} | ${sign(more('seconds'))} | ${cpu.toFixed(2)} | ${sign(more('cpu'))} | ${of(runs, 'values')} |\n`,
    );
  }
  process.stdout.write(`at most +${mostPercent} %: ${isMet ? 'met' : 'missed'}\n`);
  return isMet;
}

const [role, ...args] = process.argv.slice(2);
if (role === 'serve') await serve();
else if (role === 'run') await run(args[0] ?? '', args[1] ?? '', args[2] === 'true');
else await main();
