import { spawnSync } from 'node:child_process';
import {
  copyFileSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { toQuestion } from '../../src/integration/ask.ts';
import type { Candidate } from '../../src/integration/candidates.ts';
import { createDemoData } from '../../test/platform/data/demo-data.ts';
import { demoToken, startOpenCti } from '../../test/platform/server.ts';
import { bindDatagrams } from '../../test/support/datagram-socket.ts';
import { createAuthority } from '../../test/support/tls.ts';
import { type Cost, python, type Runs, readChildren, type Scheme, toRuns } from './runs.ts';

const runs = 30;
const warmUps = 3;
const wanted = { http: 0.6, https: 0.72 } as const satisfies Record<Scheme, number>;
const schemes = ['http', 'https'] as const;
const mostMegabytes = 60;
const listedId = '766340ed-4d34-48de-b65c-38f668534435';

/**
 * Whole runs of the integration, from the start of its launcher to its end, beside a Python script with `requests`
 * that does the same as simply as possible; both against one answer that is rendered before.
 * @param root the folder of the repository; the bundle is that of `npm run build`.
 * @returns the exit status: 1 when a wanted figure was missed.
 */
async function main(root: string): Promise<number> {
  requirePython();
  const home = mkdtempSync(join(tmpdir(), 'opencti-wazuh-bench-'));
  const receiver = installHome(root, home);
  const authority = createAuthority();
  const answer = await renderAnswer();
  const respond = (request: IncomingMessage, response: ServerResponse) => {
    request.resume().on('end', () => response.setHeader('content-type', 'application/json').end(answer));
  };
  const servers = { http: createServer(respond), https: createTlsServer(authority.issue(), respond) };
  try {
    const urls = { http: await listen(servers.http, 'http'), https: await listen(servers.https, 'https') };
    const countArrived = () => receiver.drain().length;
    const missed = await report(toRuns({ root, home, ca: authority.cert, urls, countArrived }));
    if (missed.length > 0) process.stdout.write(`MISSED: ${missed.join(', ')}\n`);
    return missed.length > 0 ? 1 : 0;
  } finally {
    for (const server of Object.values(servers)) {
      server.close();
      server.closeAllConnections();
    }
    receiver.close();
    rmSync(home, { recursive: true, force: true });
  }
}

/** @returns the figures that are not as wanted. */
async function report(bench: Runs): Promise<string[]> {
  const missed: string[] = [];
  for (const scheme of schemes) await bench.ours(scheme);
  // Before a Python has run: it is the peak of all children.
  const { megabytes } = readChildren();
  print(`${runs} runs each, interleaved, medians; Node ${process.version}, ${readPythonVersion()}`);
  print(
    '| | custom-opencti | Python | ratio | wanted | CPU | CPU of Python | ratio |\n|---|---|---|---|---|---|---|---|',
  );
  for (const scheme of schemes) {
    const { ours, theirs } = await measure(bench, scheme);
    const ratio = ours.wall / theirs.wall;
    if (ratio > wanted[scheme]) missed.push(`${scheme} ${ratio.toFixed(2)}`);
    const cells = [
      ...[`${ours.wall.toFixed(0)} ms`, `${theirs.wall.toFixed(0)} ms`, ratio.toFixed(2), wanted[scheme]],
      ...[`${ours.cpu.toFixed(0)} ms`, `${theirs.cpu.toFixed(0)} ms`, (ours.cpu / theirs.cpu).toFixed(2)],
    ];
    print(`| ${scheme} | ${cells.join(' | ')} |`);
  }
  print(`peak memory ${megabytes.toFixed(0)} MB, at most ${mostMegabytes} wanted`);
  if (megabytes > mostMegabytes) missed.push(`memory ${megabytes.toFixed(0)} MB`);
  return missed;
}

const print = (line: string) => process.stdout.write(`${line}\n`);

async function measure(bench: Runs, scheme: Scheme) {
  const ours: Cost[] = [];
  const theirs: Cost[] = [];
  for (let run = -warmUps; run < runs; run += 1) {
    const our = await bench.ours(scheme);
    const their = await bench.theirs(scheme);
    if (run < 0) continue;
    ours.push(our);
    theirs.push(their);
  }
  return { ours: toMedians(ours), theirs: toMedians(theirs) };
}

function toMedians(costs: readonly Cost[]): Cost {
  return { wall: median(costs.map(({ wall }) => wall)), cpu: median(costs.map(({ cpu }) => cpu)) };
}

function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length / 2;
  return ((sorted[Math.floor(middle)] ?? 0) + (sorted[Math.ceil(middle) - 1] ?? 0)) / 2;
}

function requirePython(): void {
  const { status } = spawnSync(python, ['-c', 'import requests']);
  if (status === 0) return;
  throw new Error(
    `${python} with "requests" is MISSING: the bench compares with it; install Debian's python3-requests`,
  );
}

function readPythonVersion(): string {
  const program =
    'import sys, requests; print("Python", sys.version.split()[0], "requests", requests.__version__)';
  return spawnSync(python, ['-c', program], { encoding: 'utf8' }).stdout.trim();
}

function installHome(root: string, home: string) {
  for (const folder of ['etc/lists', 'queue/sockets', 'logs', 'var', 'integrations/node_modules']) {
    mkdirSync(join(home, folder), { recursive: true });
  }
  copyFileSync(join(root, 'bin/custom-opencti'), join(home, 'integrations/custom-opencti'));
  copyFileSync(join(root, 'dist/custom-opencti.cjs'), join(home, 'integrations/custom-opencti.cjs'));
  symlinkSync(join(root, 'node_modules/@koromix'), join(home, 'integrations/node_modules/@koromix'));
  writeFileSync(join(home, 'integrations/custom-opencti.node-path'), `${process.execPath}\n`);
  writeFileSync(join(home, 'etc/lists/opencti-win-query-name'), `sazoya.com:${listedId}\n`);
  const sample = JSON.parse(readFileSync(join(root, 'test/support/events/sysmon22-answer.json'), 'utf8'));
  writeFileSync(join(home, 'alert.json'), `${JSON.stringify(sample)}\n`);
  return bindDatagrams(join(home, 'queue/sockets/queue'));
}

/** What an OpenCTI of today answers for the documented name. */
async function renderAnswer(): Promise<string> {
  const server = await startOpenCti({ data: createDemoData() });
  const candidate = { kind: 'name', value: 'sazoya.com', distance: 0, listId: listedId } as Candidate;
  const { document, variables } = toQuestion([candidate], 'lists');
  const response = await fetch(`${server.url}/graphql`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', authorization: `Bearer ${demoToken}` },
    body: JSON.stringify({ query: document, variables }),
  });
  const text = await response.text();
  await server.close();
  return text;
}

interface Listening {
  listen(port: number, host: string, ready: () => void): unknown;
  address(): unknown;
}

function listen(server: Listening, scheme: Scheme): Promise<string> {
  return new Promise((resolve) => {
    server.listen(0, '127.0.0.1', () =>
      resolve(`${scheme}://127.0.0.1:${(server.address() as AddressInfo).port}`),
    );
  });
}

process.exitCode = await main(process.cwd());
