import { spawn, spawnSync } from 'node:child_process';
import {
  copyFileSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { createServer } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import koffi from 'koffi';
import { createDemoData } from '../../src/demo/data/demo-data.ts';
import { demoToken, startOpenCti } from '../../src/demo/server.ts';
import type { Candidate } from '../../src/integration/candidate.ts';
import { toQuestion } from '../../src/integration/question.ts';
import { bindDatagrams } from '../../test/support/datagram-socket.ts';
import { createAuthority } from '../../test/support/tls.ts';

const runs = 30;
const warmUps = 3;
const wanted = { http: 0.6, https: 0.72 } as const;
const mostMegabytes = 60;
/** Debian's own, so that the figure is what a manager has. */
const python = '/usr/bin/python3';
const listedId = '766340ed-4d34-48de-b65c-38f668534435';

type Scheme = keyof typeof wanted;

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
  const respond = (
    request: NodeJS.ReadableStream,
    response: { end(text: string): void; setHeader(name: string, value: string): void },
  ) => {
    request.resume().on('end', () => {
      response.setHeader('content-type', 'application/json');
      response.end(answer);
    });
  };
  const servers = {
    http: createServer(respond),
    https: createTlsServer(authority.issue(), respond),
  };
  try {
    const missed: string[] = [];
    const urls = { http: await listen(servers.http, 'http'), https: await listen(servers.https, 'https') };
    const bench = toBench(root, home, authority.cert, urls, () => receiver.drain().length);
    for (const scheme of ['http', 'https'] as const) await bench.ours(scheme);
    const megabytes = readPeakOfChildren();
    process.stdout.write(`${runs} runs each, interleaved; Node ${process.version}, ${readPythonVersion()}\n`);
    process.stdout.write(
      '| | custom-opencti, median | Python, median | ratio | wanted |\n|---|---|---|---|---|\n',
    );
    for (const scheme of ['http', 'https'] as const) {
      const { ours, theirs } = await measure(bench, scheme);
      const ratio = median(ours) / median(theirs);
      if (ratio > wanted[scheme]) missed.push(`${scheme}: ${ratio.toFixed(2)}`);
      process.stdout.write(
        `| ${scheme} | ${median(ours).toFixed(0)} ms | ${median(theirs).toFixed(0)} ms | ${ratio.toFixed(2)} | ${wanted[scheme]} |\n`,
      );
    }
    process.stdout.write(`peak memory ${megabytes.toFixed(0)} MB, at most ${mostMegabytes} wanted\n`);
    if (megabytes > mostMegabytes) missed.push(`memory: ${megabytes.toFixed(0)} MB`);
    if (missed.length > 0) process.stdout.write(`MISSED ${missed.join(', ')}\n`);
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

interface Bench {
  /** Milliseconds of one whole run. */
  ours(scheme: Scheme): Promise<number>;
  theirs(scheme: Scheme): Promise<number>;
}

function toBench(
  root: string,
  home: string,
  ca: string,
  urls: Readonly<Record<Scheme, string>>,
  countArrived: () => number,
): Bench {
  const alert = join(home, 'alert.json');
  const caFile = join(home, 'ca.pem');
  writeFileSync(caFile, ca);
  const script = join(root, 'bench/integration/lookup.py');
  const time = async (command: string, args: readonly string[]) => {
    const started = performance.now();
    const status = await runCommand(command, args, home);
    const milliseconds = performance.now() - started;
    if (status !== 0 || countArrived() !== 1)
      throw new Error(`${command} failed (${status}), or sent nothing`);
    return milliseconds;
  };
  return {
    ours(scheme) {
      // Every run asks; none uses what the one before left.
      rmSync(join(home, 'var/opencti-wazuh/run/cache'), { recursive: true, force: true });
      const settings = { url: urls[scheme], token: demoToken, ...(scheme === 'https' && { ca }) };
      writeFileSync(join(home, 'integrations/custom-opencti.json'), JSON.stringify(settings));
      return time('integrations/custom-opencti', [alert, '', '', '', '', '10', '3', '> /dev/null 2>&1']);
    },
    theirs(scheme) {
      const queue = join(home, 'queue/sockets/queue');
      return time(python, [script, alert, demoToken, urls[scheme], queue, scheme === 'https' ? caFile : '']);
    },
  };
}

function runCommand(command: string, args: readonly string[], cwd: string): Promise<number | null> {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, {
      cwd,
      env: { PATH: '/usr/bin:/bin' },
      stdio: ['ignore', 'ignore', 'inherit'],
    });
    child.on('error', reject);
    child.on('close', resolve);
  });
}

async function measure(bench: Bench, scheme: Scheme) {
  const ours: number[] = [];
  const theirs: number[] = [];
  for (let run = -warmUps; run < runs; run += 1) {
    const our = await bench.ours(scheme);
    const their = await bench.theirs(scheme);
    if (run < 0) continue;
    ours.push(our);
    theirs.push(their);
  }
  return { ours, theirs };
}

function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length / 2;
  return ((sorted[Math.floor(middle)] ?? 0) + (sorted[Math.ceil(middle) - 1] ?? 0)) / 2;
}

/** The largest child so far, with its own children, by `getrusage`: called before a Python has run. */
function readPeakOfChildren(): number {
  const children = -1;
  const usage = Buffer.alloc(144);
  const maxrssOffset = 32;
  koffi.load(null).func('int getrusage(int, _Out_ uint8_t *)')(children, usage);
  return usage.readInt32LE(maxrssOffset) / 1024;
}

process.exitCode = await main(process.cwd());
