import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import {
  closeSync,
  existsSync,
  mkdtempSync,
  openSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { compilePlan } from '../../src/compile/plan.ts';
import { loadConfig } from '../../src/config/load.ts';
import { createFolderTarget } from '../../src/files/folder-set.ts';
import { readableFile } from '../../src/files/held.ts';
import type { ReadableBytes } from '../../src/store/file.ts';
import { fetchSelection } from '../../src/sync/fetch-selection.ts';
import { toPlannedFiles, toPlanOptions } from '../../src/sync/plan-options.ts';
import { pageFile, renderPages } from '../export/pages.ts';
import { serve } from '../export/serve.ts';

/**
 * `npm run bench -- refresh [rows] [changed]`: what a refresh does up to its staged set, once of everything and once of
 * what has changed; the engine's part is not in it.
 */
const pageSize = 5_000;
const wanted = { share: 0.1, requests: 5, megabytes: 300 } as const;
const timeTool = '/usr/bin/time';

const [role = '', ...rest] = process.argv.slice(2);
if (role === '--serve') serve(rest[0] ?? '');
else if (role === '--run') await runOnce(rest[0] ?? '', rest[1] ?? '');
else process.exitCode = await main(Number(role || 1_000_000), Number(rest[0] ?? 1_000));

/** One run in a process of its own; tells requests and rows on standard output. */
async function runOnce(folder: string, url: string): Promise<void> {
  const loaded = loadConfig({
    environment: { OPENCTI_URL: url, OPENCTI_TOKEN: 'bench', WAZUH_HOME: '/nonexistent' },
  });
  const gates = { ...loaded.gates, hashes: false, domains: false, cidr: false };
  const config = { ...loaded, gates, opencti: { ...loaded.opencti, pageSize } };
  const progress = { read() {}, note() {}, end() {} };
  const file = join(folder, 'platform.record');
  const record = {
    read<T>(take: (bytes: ReadableBytes) => T): T | null {
      if (!existsSync(file)) return null;
      const descriptor = openSync(file, 'r');
      try {
        return take(readableFile(descriptor));
      } finally {
        closeSync(descriptor);
      }
    },
    write: (parts: Iterable<Uint8Array>) => {
      writeFileSync(`${file}.new`, '');
      for (const part of parts) writeFileSync(`${file}.new`, part, { flag: 'a' });
      renameSync(`${file}.new`, file);
    },
  };
  const { selection, read, whyAll } = await fetchSelection({ config, progress, now: new Date(), record });
  const plan = compilePlan(selection.values, toPlanOptions(config));
  const staged = await createFolderTarget(join(folder, 'set')).stage(toPlannedFiles(plan));
  staged.commit();
  staged.finish();
  process.stdout.write(JSON.stringify({ ...read, whyAll }));
}

async function main(rows: number, changed: number): Promise<number> {
  if (spawnSync(timeTool, ['--version']).error)
    throw new Error(`${timeTool} is MISSING: install Debian's time`);
  const folder = mkdtempSync(join(tmpdir(), 'opencti-wazuh-bench-'));
  const pages = join(folder, 'pages');
  try {
    await renderPages(pages, { observables: rows, indicators: 0, pageSize });
    renderChanges(pages, rows, changed);
    const server = spawn(process.execPath, [process.argv[1] ?? '', '--serve', pages], {
      stdio: ['pipe', 'pipe', 'inherit'],
    });
    const [line] = await once(server.stdout.setEncoding('utf8'), 'data');
    const url = String(line).trim();
    try {
      return report(measure(folder, url), measure(folder, url), changed);
    } finally {
      server.stdin.end();
    }
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** The first rows, each with another score. */
function renderChanges(pages: string, rows: number, changed: number): void {
  const { data } = JSON.parse(readFileSync(pageFile(pages, 'stixCyberObservables', 0), 'utf8'));
  const edges = data.stixCyberObservables.edges.slice(0, changed);
  for (const { node } of edges) node.x_opencti_score = node.x_opencti_score === 66 ? 67 : 66;
  const write = (name: string, root: string, globalCount: number, own: readonly object[]) =>
    writeFileSync(
      join(pages, `${name}-${root}.json`),
      JSON.stringify({
        data: { [root]: { pageInfo: { endCursor: own.length > 0 ? 'x' : '', globalCount }, edges: own } },
      }),
    );
  write('changes', 'stixCyberObservables', edges.length, edges);
  write('changes', 'indicators', 0, []);
  write('count', 'stixCyberObservables', rows, edges.slice(0, 1));
  write('count', 'indicators', 0, []);
}

interface Figures {
  readonly seconds: number;
  readonly megabytes: number;
  readonly requests: number;
  readonly rows: number;
  readonly whyAll: string | null;
}

function measure(folder: string, url: string): Figures {
  const peak = join(folder, 'peak');
  const command = [process.execPath, process.argv[1] ?? '', '--run', folder, url];
  const started = performance.now();
  const { status, stdout, stderr } = spawnSync(timeTool, ['-f', '%M', '-o', peak, ...command], {
    encoding: 'utf8',
  });
  const seconds = (performance.now() - started) / 1000;
  if (status !== 0) throw new Error(`a run failed (${status}): ${stderr.slice(-2_000)}`);
  return { seconds, megabytes: Number(readFileSync(peak, 'utf8')) / 1024, ...JSON.parse(stdout) };
}

function report(full: Figures, incremental: Figures, changed: number): number {
  console.log('| | time | requests | rows | peak memory |\n|---|---|---|---|---|');
  for (const [name, { seconds, requests, rows, megabytes }] of Object.entries({ full, incremental }))
    console.log(`| ${name} | ${seconds.toFixed(2)} s | ${requests} | ${rows} | ${megabytes.toFixed(0)} MB |`);
  const missed: string[] = [];
  const share = incremental.seconds / full.seconds;
  const extra = incremental.requests - Math.ceil(changed / pageSize);
  if (incremental.whyAll !== null) missed.push(`the second run read everything: ${incremental.whyAll}`);
  if (share > wanted.share)
    missed.push(`time: ${(share * 100).toFixed(0)} % of the full one, at most 10 % wanted`);
  if (extra > wanted.requests)
    missed.push(`${extra} requests more than the rows need, at most ${wanted.requests} wanted`);
  if (incremental.megabytes > wanted.megabytes)
    missed.push(`memory: ${incremental.megabytes.toFixed(0)} MB, at most ${wanted.megabytes} wanted`);
  for (const figure of missed) console.log(`MISSED ${figure}`);
  return missed.length > 0 ? 1 : 0;
}
