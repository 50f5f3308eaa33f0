import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { renderPages } from './pages.ts';
import { readBare } from './read-bare.ts';
import { serve } from './serve.ts';

/**
 * `npm run bench -- export [observables] [indicators] [rounds]`: a whole export beside a bare read through
 * graphql-request, a bare curl, and a curl | jq pipeline; all of pages that are rendered before the clock starts.
 */
const pageSize = 5_000;
const mostMegabytes = 500;
const timeTool = '/usr/bin/time';

const [role = '', ...rest] = process.argv.slice(2);
const pipelineIsAsked = process.env.BENCH_PIPELINE !== 'off';
if (role === '--serve') serve(rest[0] ?? '');
else if (role === '--read') await readBare(rest[0] ?? '', pageSize);
else process.exitCode = await main(toCount(role, 1_000_000), toCount(rest[0], 200_000), toCount(rest[1], 3));

function toCount(text: string | undefined, otherwise: number): number {
  return text ? Number(text.replaceAll(/[,_]/g, '')) : otherwise;
}

async function main(observables: number, indicators: number, rounds: number): Promise<number> {
  requireTools();
  const folder = mkdtempSync(join(tmpdir(), 'opencti-wazuh-bench-'));
  const pages = join(folder, 'pages');
  try {
    const bytes = await renderPages(pages, { observables, indicators, pageSize });
    const { url, server } = await startServer(pages);
    try {
      const rows = observables + indicators;
      console.log(
        `${rows.toLocaleString('en')} rows, ${(bytes / 1e6).toFixed(0)} MB in pages of ${pageSize}; ${rounds} interleaved rounds; Node ${process.version}`,
      );
      return report(await measure(toContenders(folder, url, pages), rounds));
    } finally {
      server.stdin?.end();
    }
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function requireTools(): void {
  const needed = { curl: 'curl', jq: 'jq', sort: 'coreutils', [timeTool]: 'time' };
  for (const [tool, debianPackage] of Object.entries(needed)) {
    if (spawnSync(tool, ['--version']).error === undefined) continue;
    throw new Error(`${tool} is MISSING: the bench compares with it; install Debian's ${debianPackage}`);
  }
}

async function startServer(pages: string): Promise<{ url: string; server: ChildProcess }> {
  const server = spawn(process.execPath, [process.argv[1] ?? '', '--serve', pages], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  const [line] = await once(server.stdout.setEncoding('utf8'), 'data');
  return { url: String(line).trim(), server };
}

interface Contender {
  readonly name: string;
  /** The slow one runs once. */
  readonly once?: boolean;
  readonly command: readonly string[];
  readonly environment?: Readonly<Record<string, string>>;
  /** A folder that is not there when it starts. */
  readonly makes?: string;
}

function toContenders(folder: string, url: string, pages: string): Contender[] {
  const environment = { OPENCTI_URL: url, OPENCTI_TOKEN: 'bench', WAZUH_HOME: '/nonexistent' };
  const ours = (name: string, gates: boolean): Contender => {
    const file = join(folder, `${name}.yml`);
    const off = '  hashes: off\n  domains: off\n  cidr: off\n';
    writeFileSync(file, `opencti:\n  page_size: ${pageSize}\n${gates ? '' : `gates:\n${off}`}`);
    const out = join(folder, name);
    return {
      name,
      environment,
      command: [process.execPath, 'bin/opencti-wazuh', 'export', '--config', file, out],
    };
  };
  return [
    {
      name: 'bare graphql-request',
      command: [process.execPath, process.argv[1] ?? '', '--read', url],
    },
    ours('export, lists and gates', true),
    ours('export, lists alone', false),
    { name: 'bare curl', command: ['curl', '-sS', '--fail', '-K', writeCurlConfig(folder, url, pages)] },
    {
      name: 'curl | jq | sort -u',
      once: true,
      command: ['sh', 'bench/export/pipeline.sh', url, String(pageSize), join(folder, 'pipeline')],
    },
  ];
}

/** One curl for all pages, which keeps its connection. */
function writeCurlConfig(folder: string, url: string, pages: string): string {
  const file = join(folder, 'curl.config');
  const requests = (['stixCyberObservables', 'indicators'] as const).flatMap((root) => {
    const count = readdirSync(pages).filter((name) => name.startsWith(root)).length;
    return Array.from({ length: count }, (_, page) => {
      const body = { query: `${root}(`, variables: { after: String(page) } };
      return `url = ${url}/graphql\ndata = ${JSON.stringify(JSON.stringify(body))}\noutput = /dev/null\n`;
    });
  });
  writeFileSync(file, requests.join('next\nsilent\nfail\n'));
  return file;
}

interface Figures {
  readonly seconds: number[];
  megabytes: number;
}

async function measure(contenders: readonly Contender[], rounds: number): Promise<Map<string, Figures>> {
  const figures = new Map(contenders.map(({ name }) => [name, { seconds: [], megabytes: 0 } as Figures]));
  for (let round = 0; round < rounds; round += 1) {
    for (const contender of contenders) {
      if (contender.once && (round > 0 || !pipelineIsAsked)) continue;
      const { seconds, megabytes } = run(contender);
      const known = figures.get(contender.name);
      known?.seconds.push(seconds);
      if (known) known.megabytes = Math.max(known.megabytes, megabytes);
      process.stderr.write(`${contender.name}: ${seconds.toFixed(2)} s, ${megabytes.toFixed(0)} MB\n`);
    }
  }
  return figures;
}

function run({ name, command, environment = {}, makes }: Contender): { seconds: number; megabytes: number } {
  if (makes) rmSync(makes, { recursive: true, force: true });
  const measured = join(mkdtempSync(join(tmpdir(), 'opencti-wazuh-bench-time-')), 'rss');
  const started = performance.now();
  const { status, stderr } = spawnSync(timeTool, ['-f', '%M', '-o', measured, ...command], {
    env: { ...process.env, ...environment },
    stdio: ['ignore', 'ignore', 'pipe'],
    maxBuffer: 2 ** 28,
  });
  const seconds = (performance.now() - started) / 1000;
  if (status !== 0) throw new Error(`${name} failed (${status}): ${stderr.toString().slice(-2_000)}`);
  const megabytes = Number(readFileSync(measured, 'utf8').trim().split('\n').at(-1)) / 1024;
  rmSync(join(measured, '..'), { recursive: true });
  return { seconds, megabytes };
}

function report(figures: ReadonlyMap<string, Figures>): number {
  const secondsOf = (name: string) => median(figures.get(name)?.seconds ?? []);
  const bare = secondsOf('bare graphql-request');
  const missed: string[] = [];
  console.log('| | median | of bare graphql-request | peak memory |\n|---|---|---|---|');
  for (const [name, { megabytes }] of figures) {
    const seconds = secondsOf(name);
    console.log(
      `| ${name} | ${seconds.toFixed(1)} s | ${(seconds / bare).toFixed(2)} | ${megabytes.toFixed(0)} MB |`,
    );
    if (name.startsWith('export') && megabytes > mostMegabytes)
      missed.push(`${name}: ${megabytes.toFixed(0)} MB, at most ${mostMegabytes} wanted`);
  }
  const whole = secondsOf('export, lists and gates');
  const lists = secondsOf('export, lists alone');
  const pipeline = secondsOf('curl | jq | sort -u');
  if (whole > 2 * bare) missed.push(`lists and gates: ${(whole / bare).toFixed(2)}, at most 2 wanted`);
  if (lists > 1.5 * bare) missed.push(`lists alone: ${(lists / bare).toFixed(2)}, at most 1.5 wanted`);
  if (pipeline < 2 * whole)
    missed.push(`the pipeline takes ${(pipeline / whole).toFixed(2)}, at least 2 wanted`);
  console.log(`the pipeline takes ${(pipeline / whole).toFixed(1)} times as long as the whole export`);
  for (const figure of missed) console.log(`MISSED ${figure}`);
  return missed.length > 0 ? 1 : 0;
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN;
}
