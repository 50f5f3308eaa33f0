import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { writeObservable } from '../platform/data/written.ts';
import { makeFolder, waitFor } from '../support/cli.ts';
import { type SetUp, setUp } from './support/set-up.ts';

const preload = join(import.meta.dirname, 'support/fs-faults.js');
const added = writeObservable({ entity_type: 'IPv4-Addr', value: '185.220.101.77', id: 'new-address' });
const lists = ['lists/opencti-linux-destination-ip', 'lists/opencti-win-destination-ip'];

interface Fault {
  /** The call, counted from 1. */
  readonly at?: number;
  /** The error it fails with; undefined: the process is killed. */
  readonly code?: string;
  readonly calls?: string;
  readonly log?: string;
}

function toEnvironment({ at, code, calls, log }: Fault): Record<string, string> {
  return {
    NODE_OPTIONS: `--import=${preload}`,
    ...(at !== undefined && { FS_FAULT_AT: String(at) }),
    ...(code !== undefined && { FS_FAULT_CODE: code }),
    ...(calls !== undefined && { FS_FAULT_CALLS: calls }),
    ...(log !== undefined && { FS_FAULT_LOG: log }),
  };
}

/** How many calls a refresh makes that changes two lists. */
async function countCalls(set: SetUp, fault: Fault = {}): Promise<readonly string[]> {
  const log = join(makeFolder(), 'calls');
  expect(await set.run(['refresh'], { environment: toEnvironment({ ...fault, log }) })).toMatchObject({
    code: 0,
  });
  return readFileSync(log, 'utf8').trim().split('\n');
}

async function setUpSmall(): Promise<SetUp> {
  const set = await setUp({ data: { documented: true, observables: 40 } });
  await set.refresh();
  return set;
}

/** Which set of the two lists stands; null: neither as a whole. */
function whichSet(files: Record<string, string>): 'old' | 'new' | null {
  const has = lists.map((path) => files[path]?.includes('185.220.101.77:new-address\n'));
  if (has.every((one) => one === true)) return 'new';
  return has.every((one) => one === false) ? 'old' : null;
}

/** Every call makes it true that the engine, if it loaded what stands there, would take all of it. */
function expectLoadable({ manager }: SetUp): void {
  expect(manager.engine.check()).toMatchObject({ isTaken: true });
}

/** The value comes and goes on the platform, so that each refresh has the same two lists to change. */
function setValue({ server }: SetUp, isThere: boolean): void {
  if (isThere) server.data.observables.add(added);
  else server.data.observables.remove(added.id);
}

describe('killed at each call that changes the disk', () => {
  test('the next run leaves a whole set, in the files and in the engine, and nothing else', {
    timeout: 600_000,
  }, async () => {
    const set = await setUpSmall();
    const { manager, run, refresh } = set;
    const before = Object.keys(manager.readFiles()).sort();
    const journal = join(manager.home, 'var/opencti-wazuh/state/journal.json');
    let isNew = true;
    setValue(set, isNew);
    const calls = await countCalls(set);
    expect(calls.length).toBeGreaterThan(25);
    for (let at = 1; at <= calls.length; at += 1) {
      setValue(set, !isNew);
      const killed = await run(['refresh'], { environment: toEnvironment({ at }) });
      const where = `killed at call ${calls[at - 1]}`;
      expect(killed.code, `${where}: ${killed.stderr}`).toBeNull();
      expectLoadable(set);
      // Without a journal no file may be half way.
      if (!existsSync(journal)) expect(whichSet(manager.readFiles()), where).not.toBeNull();
      // Either OpenCTI is as it was for the killed run, and the next one finishes it, or the next one goes back.
      if (at % 2 === 0) setValue(set, isNew);
      else isNew = !isNew;
      await refresh();
      expect(whichSet(manager.readFiles()), where).toBe(isNew ? 'new' : 'old');
      expect(Object.keys(manager.readFiles()).sort(), where).toEqual(before);
      expect(existsSync(journal), where).toBe(false);
      const inMemory = manager.engine.loaded?.lists.get('etc/lists/opencti-win-destination-ip');
      expect(inMemory?.has('185.220.101.77'), where).toBe(isNew);
    }
  });
});

test('killed while the engine loads: the next run brings the engine back to what stands on the disk', async () => {
  const set = await setUpSmall();
  const { manager, start, refresh } = set;
  const loaded = manager.readLoaded();
  setValue(set, true);
  const child = start(['refresh']);
  manager.faults.add({ kind: 'run', work: () => void child.kill('SIGKILL') });
  expect(await waitFor(child)).toMatchObject({ code: null });
  expect(whichSet(manager.readFiles())).toBe('new');
  setValue(set, false);
  const told = await set.run(['refresh']);
  expect(told.stderr).toContain('an earlier run was killed while it published: the set before it is back');
  expect(whichSet(manager.readFiles())).toBe('old');
  expect(manager.readLoaded()).toEqual(loaded);
  expect(await refresh()).toContain('Nothing changed');
});

describe('a call that fails', () => {
  test.each([
    [
      'a full disk at each write',
      'ENOSPC',
      'writeFile,writeFileSync,sync,fsyncSync',
      /no space is left on the disk/,
    ],
    ['a right that is missing', 'EACCES', 'renameSync,linkSync,fchownSync,futimesSync', /EACCES/],
  ])(
    '%s: the old set, one clear message, one alert',
    { timeout: 600_000 },
    async (_, code, calls, message) => {
      const set = await setUpSmall();
      const { manager, run, refresh } = set;
      const look = () => ({ files: manager.readFiles(), loaded: manager.readLoaded() });
      const old = look();
      setValue(set, true);
      const made = await countCalls(set, { calls });
      const sets = { old, new: look() };
      let stands = 'new' as keyof typeof sets;
      manager.takeAlerts();
      for (let at = 1; at <= made.length; at += 1) {
        const wanted: keyof typeof sets = stands === 'new' ? 'old' : 'new';
        setValue(set, wanted === 'new');
        const failed = await run(['refresh'], { environment: toEnvironment({ at, code, calls }) });
        const where = `${code} at call ${made[at - 1]}: ${failed.stderr}`;
        const alerts = manager.takeAlerts();
        expect(failed.stderr, where).not.toContain('defect of the tool');
        // Behind the last step nothing of the set can fail any more: the log does, or a link is copied instead.
        if (failed.code === 0) expect(alerts, where).toEqual([]);
        else {
          expect(failed.code, where).toBe(1);
          expect(failed.stderr, where).toMatch(message);
          expect(
            alerts.map(({ fired }) => fired?.id),
            where,
          ).toEqual([100_627]);
          if (!/next run tries again/.test(failed.stderr)) expect(look(), where).toEqual(sets[stands]);
          await refresh();
        }
        expect(look(), where).toEqual(sets[wanted]);
        stands = wanted;
      }
    },
  );
});
