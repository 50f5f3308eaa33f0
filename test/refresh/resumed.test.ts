import { existsSync, linkSync, lstatSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { expectedOwner } from '../fake-manager/fake-manager.ts';
import type { RecordedRequest } from '../platform/requests.ts';
import type { OpenCtiServer } from '../platform/server.ts';
import { makeFolder, waitFor } from '../support/cli.ts';
import { type SetUp, setUp } from './support/set-up.ts';

const preload = join(import.meta.dirname, 'support/fs-faults.js');
const config =
  'opencti: { timeout: 5s, retry_for: 0s, page_size: 10 }\nguards: { min_reload_interval: 0s }\ngates: { hashes: off }\n';

async function setUpPages(): Promise<SetUp> {
  const set = await setUp({ data: { documented: false, observables: 40, indicators: 20 } });
  set.configure(config);
  return set;
}

const isPage = ({ variables }: RecordedRequest) => variables.first === 10 && variables.filters === undefined;

/** Of a read of everything, from a request on: which list, and behind which row. */
function pagesFrom(server: OpenCtiServer, start: number): string[] {
  return server.requests
    .slice(start)
    .filter(isPage)
    .map(({ query, variables }) => {
      const list = query?.includes('stixCyberObservables') ? 'observables' : 'indicators';
      return `${list} ${variables.after ?? 'top'}`;
    });
}

const logOf = ({ manager }: SetUp) => join(manager.home, 'var/opencti-wazuh/state/platform.read');

async function readUnbroken() {
  const set = await setUpPages();
  await set.refresh();
  expect(existsSync(logOf(set))).toBe(false);
  return { files: set.manager.readFiles(), pages: pagesFrom(set.server, 0) };
}

test('killed at any page: the next run asks for the rest, and the files are those of an unbroken one', {
  timeout: 300_000,
}, async () => {
  const unbroken = await readUnbroken();
  expect(unbroken.pages.length).toBeGreaterThanOrEqual(7);
  for (let page = 1; page < unbroken.pages.length; page += 1) {
    const set = await setUpPages();
    const { server, manager } = set;
    const child = set.start(['refresh']);
    const kill = { kind: 'change' as const, run: () => void child.kill('SIGKILL') };
    server.faults.add(kill, { after: page, times: 1, when: isPage });
    expect(await waitFor(child), `page ${page}`).toMatchObject({ code: null });
    server.faults.clear();
    const start = server.requests.length;
    expect((await set.run(['refresh'])).code).toBe(0);
    expect(manager.readFiles(), `killed at page ${page}`).toEqual(unbroken.files);
    expect(manager.engine.check()).toMatchObject({ isTaken: true });
    const rest = pagesFrom(server, start);
    // The page before may not have been written yet when the next one was asked for.
    expect(rest).toEqual(unbroken.pages.slice(-rest.length));
    expect(rest.length).toBeLessThanOrEqual(unbroken.pages.length - page + 2);
    expect(existsSync(logOf(set))).toBe(false);
  }
});

describe('at each call that changes the disk', () => {
  /** What a first refresh does up to its record, page by page. */
  async function listCalls(): Promise<readonly string[]> {
    const set = await setUpPages();
    const log = join(makeFolder(), 'calls');
    const environment = { NODE_OPTIONS: `--import=${preload}`, FS_FAULT_LOG: log };
    expect(await set.run(['refresh'], { environment })).toMatchObject({ code: 0 });
    const calls = readFileSync(log, 'utf8').trim().split('\n');
    const end = calls.findIndex((call) => call.includes('unlinkSync') && call.endsWith('/platform.read'));
    expect(end).toBeGreaterThan(10);
    return calls.slice(0, end + 1);
  }

  test('killed: the next run has the files of an unbroken one', { timeout: 300_000 }, async () => {
    const { files } = await readUnbroken();
    const calls = await listCalls();
    for (let at = 1; at <= calls.length; at += 1) {
      // The record is written in many parts: one like the other.
      if (calls[at - 1]?.includes('writeFileSync') && at > 16 && at % 8 !== 0) continue;
      const set = await setUpPages();
      const environment = { NODE_OPTIONS: `--import=${preload}`, FS_FAULT_AT: String(at) };
      const killed = await set.run(['refresh'], { environment });
      expect(killed.code, calls[at - 1]).toBeNull();
      await set.refresh();
      expect(set.manager.readFiles(), `killed at ${calls[at - 1]}`).toEqual(files);
      expect(existsSync(logOf(set)), calls[at - 1]).toBe(false);
    }
  });

  test('a full disk ends the log, and not the run', async () => {
    const { files } = await readUnbroken();
    const set = await setUpPages();
    const environment = {
      NODE_OPTIONS: `--import=${preload}`,
      // The lock, the empty log, a page, and this one.
      FS_FAULT_AT: '4',
      FS_FAULT_CODE: 'ENOSPC',
      FS_FAULT_CALLS: 'writeFileSync',
    };
    const { code, stderr } = await set.run(['refresh'], { environment });
    expect(stderr).toContain('pages are no longer kept, so a read that is cut loses them: ENOSPC');
    expect(code).toBe(0);
    expect(set.manager.readFiles()).toEqual(files);
  });
});

test('a network that fails: the failure, the status, the next summary and the log say it', async () => {
  const set = await setUpPages();
  const { server, manager } = set;
  await set.refresh();
  set.configure(config.replace('opencti: {', 'opencti: { full_every: 0s,'));
  server.faults.add({ kind: 'hang-up', when: 'in-body' }, { after: 3, when: isPage });
  const failed = await set.run(['refresh']);
  expect(failed.code).toBe(1);
  const kept = '3 pages are kept, and a refresh within opencti.resume_for goes on from there';
  expect(failed.stderr).toContain(kept);
  expect(manager.takeAlerts().map(({ fired }) => fired?.id)).toEqual([100_627]);
  const status = (await set.run(['status'])).stdout;
  expect(status).toContain(kept);
  expect(status).toMatch(/a read of everything runs or was cut, its last page came \d+ s ago; a refresh/);
  server.faults.clear();
  const told = await set.run(['refresh']);
  const where = /goes on from page 4: 30 rows were read, the last ones \d+ s ago/;
  expect(told.stderr).toMatch(where);
  expect(told.stdout).toMatch(where);
  expect(readFileSync(join(manager.home, 'logs/opencti-wazuh.log'), 'utf8')).toMatch(where);
  expect((await set.run(['status'])).stdout).not.toContain('was cut');
});

test('stopped by a signal it keeps its pages, too', async () => {
  const set = await setUpPages();
  const child = set.start(['refresh']);
  set.server.faults.add(
    { kind: 'change', run: () => void child.kill('SIGTERM') },
    { after: 3, when: isPage },
  );
  set.server.faults.add({ kind: 'silence' }, { after: 3, when: isPage });
  const stopped = await waitFor(child);
  expect(stopped.code).toBe(1);
  expect(stopped.stderr).toContain('stopped by SIGTERM: nothing was changed; 3 pages are kept');
  set.server.faults.clear();
  expect(await set.refresh()).toContain('goes on from page 4');
});

test('an export reads by itself, and leaves what a refresh has kept', async () => {
  const set = await setUpPages();
  set.server.faults.add({ kind: 'hang-up', when: 'in-body' }, { after: 3, when: isPage });
  await set.run(['refresh']);
  set.server.faults.clear();
  const before = readFileSync(logOf(set));
  const dry = await set.run(['refresh', '--dry-run', join(makeFolder(), 'dry')]);
  expect(dry).toMatchObject({ code: 0 });
  expect(dry.stdout).not.toContain('goes on');
  expect(readFileSync(logOf(set)).equals(before)).toBe(true);
});

test('the log has the owner and the mode of all that is remembered', async () => {
  const set = await setUpPages();
  set.server.faults.add({ kind: 'hang-up', when: 'in-body' }, { after: 3, when: isPage });
  await set.run(['refresh']);
  const { uid, gid, mode } = lstatSync(logOf(set));
  expect(mode & 0o777).toBe(0o640);
  if (expectedOwner !== null) expect({ uid, gid }).toEqual(expectedOwner);
  else console.warn('NOT ROOT: whom a run of root gives its log to is not checked');
});

test('a second name of another file in its place is not written to', async () => {
  const set = await setUpPages();
  await set.refresh();
  const outside = join(makeFolder(), 'shadow');
  writeFileSync(outside, 'root:secret\n', { mode: 0o600 });
  linkSync(outside, logOf(set));
  set.configure(`${config}select: { min_score: 60 }\n`);
  await set.refresh();
  expect(readFileSync(outside, 'utf8')).toBe('root:secret\n');
  expect(lstatSync(outside)).toMatchObject({ uid: process.getuid?.(), nlink: 1 });
  expect(lstatSync(outside).mode & 0o777).toBe(0o600);
});
