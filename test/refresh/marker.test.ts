import { readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { writeObservable } from '../platform/data/written.ts';
import { dirtyIndicators, dirtyObservables } from '../support/dirty-platform.ts';
import { putFirstVersion } from '../support/first-version/put.ts';
import { fingerprint } from './support/fingerprint.ts';
import { quick, type SetUp, setUp } from './support/set-up.ts';

const data = { documented: false, written: { observables: dirtyObservables, indicators: dirtyIndicators } };
const added = writeObservable({ entity_type: 'IPv4-Addr', value: '185.220.101.77', id: 'new-address' });

/** The names of sets among the decoders that the engine runs. */
const markersOf = ({ manager }: SetUp) =>
  manager.engine.decoderNames().filter((name) => name.startsWith('octset-'));

const stateFile = ({ manager }: SetUp) => join(manager.home, 'var/opencti-wazuh/state/refresh.json');
const readState = (set: SetUp) => JSON.parse(readFileSync(stateFile(set), 'utf8'));

describe('the name of a set', () => {
  test('is the same on two managers with the same set, and another one with one value more', async () => {
    const [one, two] = [await setUp({ data }), await setUp({ data })];
    await one.refresh();
    await two.refresh();
    const [name, ...more] = markersOf(one);
    expect(more).toEqual([]);
    expect(name).toMatch(/^octset-[0-9a-f]{16}$/);
    expect(markersOf(two)).toEqual([name]);
    two.server.data.observables.add(added);
    await two.refresh();
    expect(markersOf(two)).toHaveLength(1);
    expect(markersOf(two)).not.toEqual([name]);
    two.server.data.observables.remove(added.id);
    await two.refresh();
    expect(markersOf(two)).toEqual([name]);
  });

  test('is another one where only the rules differ', async () => {
    const set = await setUp({ data });
    await set.refresh();
    const [name] = markersOf(set);
    set.configure(`${quick}rules: { level: { hash: 13 } }\n`);
    await set.refresh();
    expect(markersOf(set)).not.toEqual([name]);
  });

  test('nothing is written where nothing changed', async () => {
    const set = await setUp({ data });
    await set.refresh();
    const before = fingerprint(set.manager.home);
    expect(await set.refresh()).toContain('Nothing changed');
    expect(fingerprint(set.manager.home)).toEqual(before);
    expect(set.manager.asked).toEqual(['reload']);
    expect(set.manager.judged).toHaveLength(1);
  });

  test('matches no event', async () => {
    const set = await setUp({ data });
    await set.refresh();
    const [name] = markersOf(set);
    expect(set.manager.engine.fire(`1:/var/log/syslog:Nov 30 10:00:00 host ${name}[1]: a line`)).toBeNull();
  });
});

test('after a reload that loaded nothing the state says so, and the next run brings the set', async () => {
  const set = await setUp({ data });
  await set.refresh();
  const before = readState(set);
  const [name] = markersOf(set);
  set.server.data.observables.add(added);
  set.manager.faults.add({ kind: 'loads-nothing' });
  expect((await set.run(['refresh'])).code).toBe(1);
  const failed = readState(set);
  expect(failed.runs[0]).toMatchObject({
    outcome: 'failed',
    step: 'prove',
    reason: expect.stringContaining('is not among those that it has loaded'),
  });
  expect({ confirmed: failed.confirmed, appliedAt: failed.appliedAt }).toEqual({
    confirmed: before.confirmed,
    appliedAt: before.appliedAt,
  });
  expect(Date.parse(failed.askedAt)).toBeGreaterThan(Date.parse(before.appliedAt));
  expect(markersOf(set)).toEqual([name]);
  expect((await set.run(['status'])).stdout).toContain('the last refresh failed at step prove');
  await set.refresh();
  expect(markersOf(set)).not.toEqual([name]);
  expect(readState(set).runs[0]).toMatchObject({ outcome: 'changed', step: null });
});

test('the digits of a hash that gates compare stay as they are while they fit', async () => {
  const set = await setUp({ data: { documented: false, observables: 4_000 } });
  await set.refresh();
  const gates = join(set.manager.home, 'etc/rules/0011-opencti-gates.xml');
  const all = statSync(gates).size;
  expect(readState(set).confirmed.gatePrefix).toBe(64);
  // All 64 digits fit, but without twice the room.
  set.configure(`${quick}gates: { max_bytes: ${Math.ceil(all * 1.3)} }\n`);
  expect(await set.refresh()).toContain('Nothing changed');
  const state = readState(set);
  writeFileSync(
    stateFile(set),
    JSON.stringify({ ...state, confirmed: { ...state.confirmed, gatePrefix: 32 } }),
  );
  await set.refresh();
  expect(readState(set).confirmed.gatePrefix).toBe(32);
  expect(statSync(gates).size).toBeLessThan(all * 0.8);
  expect(await set.refresh()).toContain('Nothing changed');
  set.configure(quick);
  await set.refresh();
  expect(readState(set).confirmed.gatePrefix).toBe(64);
  expect(statSync(gates).size).toBe(all);
});

test('a state of the first version is read, with a step that has another name now', async () => {
  const set = await setUp({ data });
  putFirstVersion(set.manager.home);
  const state = readState(set);
  expect(state.confirmed).not.toHaveProperty('gatePrefix');
  const [run] = state.runs;
  const failed = { ...run, outcome: 'failed', step: 'read-back', reason: 'opencti-fim-md5.cdb is not there' };
  writeFileSync(stateFile(set), JSON.stringify({ ...state, runs: [failed, run] }));
  const { stdout } = await set.run(['status']);
  expect(stdout).toContain('the last refresh failed at step read-back');
  expect(stdout).toContain('opencti-fim-md5.cdb is not there');
});
