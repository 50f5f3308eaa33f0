import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { writeObservable } from '../platform/data/written.ts';
import { waitFor } from '../support/cli.ts';
import { killAt } from './support/kill-at.ts';
import { type SetUp, setUp } from './support/set-up.ts';

const added = writeObservable({ entity_type: 'IPv4-Addr', value: '185.220.101.77', id: 'new-address' });
const lists = ['lists/opencti-linux-destination-ip', 'lists/opencti-win-destination-ip'];

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

/** The value comes and goes on the platform, so that each refresh has the same two lists to change. */
function setValue({ server }: SetUp, isThere: boolean): void {
  if (isThere) server.data.observables.add(added);
  else server.data.observables.remove(added.id);
}

// Each call that changes the disk is met in test/files/file-set.test.ts: these kill a real process, to prove that true.
test('killed between two files: the next run brings the old set back, publishes the new one, and leaves nothing else', async () => {
  const set = await setUpSmall();
  const { manager, run, refresh } = set;
  const before = Object.keys(manager.readFiles()).sort();
  const journal = join(manager.home, 'var/opencti-wazuh/state/journal.json');
  setValue(set, true);
  for (const isThereThen of [false, true]) {
    const environment = killAt('renameSync', '/opencti-linux-destination-ip');
    const killed = await run(['refresh'], { environment });
    expect(killed.code, killed.stderr).toBeNull();
    expect(existsSync(journal)).toBe(true);
    const found = manager.readFiles();
    const has = lists.map((path) => found[path]?.includes('185.220.101.77:new-address\n'));
    expect(has.filter(Boolean)).toHaveLength(1);
    expect(manager.engine.check()).toMatchObject({ isTaken: true });
    // Either OpenCTI is as it was for the killed run, and the next one finishes it, or the next one goes back.
    setValue(set, isThereThen);
    const told = await run(['refresh']);
    expect(told.stderr).toContain('an earlier run was killed while it published: the set before it is back');
    expect(whichSet(manager.readFiles())).toBe(isThereThen ? 'new' : 'old');
    expect(Object.keys(manager.readFiles()).sort()).toEqual(before);
    expect(existsSync(journal)).toBe(false);
    const inMemory = manager.engine.loaded?.lists.get('etc/lists/opencti-win-destination-ip');
    expect(inMemory?.has('185.220.101.77')).toBe(isThereThen);
    setValue(set, true);
  }
  expect(await refresh()).toContain('Nothing changed');
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

test.each([
  ['a full disk', 'ENOSPC', /no space is left on the disk/],
  ['a right that is missing', 'EACCES', /EACCES/],
  ['a disk with a fault', 'EIO', /EIO/],
])('%s: the old set, one clear message, one alert', async (_, code, message) => {
  const set = await setUpSmall();
  const { manager, run, refresh } = set;
  const look = () => ({ files: manager.readFiles(), loaded: manager.readLoaded() });
  const old = look();
  setValue(set, true);
  manager.takeAlerts();
  for (const [call, name] of [
    ['renameSync', '/opencti-win-destination-ip'],
    ['unlinkSync', '/journal.json'],
  ] as const) {
    const environment = { ...killAt(call, name), FS_FAULT_CODE: code };
    const failed = await run(['refresh'], { environment });
    const where = `${code} at ${call} ${name}: ${failed.stderr}`;
    expect(failed.code, where).toBe(1);
    expect(failed.stderr, where).toMatch(message);
    expect(failed.stderr, where).not.toContain('defect of the tool');
    expect(
      manager.takeAlerts().map(({ fired }) => fired?.id),
      where,
    ).toEqual([100_627]);
    expect(look(), where).toEqual(old);
  }
  await refresh();
  expect(whichSet(manager.readFiles())).toBe('new');
});
