import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { dryRun, refresh } from '../../src/commands/refresh/refresh.ts';
import { createStepTracker, readState, type Step, saveState } from '../../src/commands/refresh/state.ts';
import { loadConfig } from '../../src/config/load.ts';
import { KnownError } from '../../src/errors.ts';
import { builtInDecoders } from '../../src/wazuh/decoder-names.ts';
import { EngineAbsentError } from '../../src/wazuh/engine/ask.ts';
import { SetRefusedError } from '../../src/wazuh/engine/judge.ts';
import { allFields, toActiveFields } from '../../src/wazuh/fields.ts';
import { writeObservable } from '../platform/data/written.ts';
import { demoToken } from '../platform/server.ts';
import { makeFolder } from '../support/folder.ts';
import { openOpenCti } from '../support/opencti.ts';
import { type Call, createPretendManager, type PretendManager } from './support/pretend-manager.ts';

/** A run from an OpenCTI with a few values to a manager that only says what it was asked. */
async function setUp() {
  const server = await openOpenCti({ documented: false, observables: 20, indicators: 10 });
  const manager = createPretendManager();
  const environment = { OPENCTI_URL: server.url, OPENCTI_TOKEN: demoToken, WAZUH_HOME: '/nonexistent' };
  const loaded = loadConfig({ environment });
  const guards = { ...loaded.guards, minReloadInterval: 0 };
  const config = { ...loaded, guards, gates: { ...loaded.gates, hashes: false } };
  const steps: Step[] = [];
  const notes: string[] = [];
  const toRun = (more: { readonly force?: boolean; readonly signal?: AbortSignal } = {}) => ({
    config,
    manager,
    force: false,
    progress: { read() {}, end() {}, note: (text: string) => void notes.push(text) },
    tracker: createStepTracker((step) => steps.push(step)),
    now: new Date(),
    ...more,
  });
  const addValue = () =>
    server.data.observables.add(
      writeObservable({ entity_type: 'IPv4-Addr', value: '185.220.101.77', id: 'new-address' }),
    );
  /** A run that fails: its step and its message. */
  async function fail(run = toRun()): Promise<{ readonly step: Step; readonly message: string }> {
    const failure = await refresh(run).then(
      () => new Error('nothing failed'),
      (error: Error) => error,
    );
    return { step: run.tracker.current, message: failure.message };
  }
  return { server, manager, config, steps, notes, toRun, addValue, fail };
}

/** A manager that has a set, and an OpenCTI that has one value more. */
async function setUpChange() {
  const set = await setUp();
  await refresh(set.toRun());
  const before = new Map(set.manager.files);
  const state = readState(set.manager.state);
  set.manager.calls.length = 0;
  set.steps.length = 0;
  set.addValue();
  return { ...set, before, state };
}

const throws = (manager: PretendManager, call: Call, error: Error = new KnownError(`${call} failed`)) =>
  manager.faults.set(call, () => {
    throw error;
  });

const prepared = ['open', 'recover', 'describe'] as const;
const guarded = [...prepared, 'insistOnRights', 'findSiteProblem', 'insistOnEngine'] as const;
const published = [...guarded, 'transaction', 'commit'] as const;
const proved = [...published, 'judge', 'reload', 'loadedDecoders', 'readBack'] as const;

/** The lists of addresses of a manager without a decoder of its own, in the order of the table. */
const addressLists = toActiveFields(allFields, { switches: {}, decoders: builtInDecoders })
  .filter(({ subject }) => subject === 'address')
  .flatMap(({ list }) => list ?? []);

describe('a run that goes well', () => {
  test('asks each thing once, in the order of the steps', async () => {
    const { manager, steps, toRun } = await setUp();
    const { outcome } = await refresh(toRun());
    expect(outcome).toBe('changed');
    expect(manager.calls).toEqual([...proved, 'finish', 'close']);
    expect([...new Set(steps)]).toEqual([
      'lock',
      'recover',
      'manager',
      'read',
      'compile',
      'compare',
      'guards',
      'stage',
      'publish',
      'judge',
      'reload',
      'prove',
      'record',
    ]);
    expect(manager.loaded).toEqual(manager.files);
    expect(readState(manager.state)).toMatchObject({
      runs: [{ outcome: 'changed' }],
      confirmed: { opencti: expect.any(String) },
      appliedAt: expect.any(Date),
    });
  });

  test('without a change it asks for nothing to be written or loaded', async () => {
    const { manager, toRun } = await setUp();
    await refresh(toRun());
    manager.calls.length = 0;
    expect((await refresh(toRun())).outcome).toBe('unchanged');
    expect(manager.calls).toEqual([...prepared, 'close']);
  });

  test('too soon after a reload it holds the change back', async () => {
    const { manager, config, toRun, before } = await setUpChange();
    const held = { ...config, guards: { ...config.guards, minReloadInterval: 600_000 } };
    expect((await refresh({ ...toRun(), config: held })).outcome).toBe('held-back');
    expect(manager.calls).toEqual([...prepared, 'close']);
    expect(manager.files).toEqual(before);
  });

  test('writes what changed, and removes what goes', async () => {
    const { manager, toRun } = await setUpChange();
    manager.files.set('rules/zz-opencti-2-rules.xml', '<group name="opencti,">\n</group>\n');
    const { changes } = await refresh(toRun());
    expect(changes.map(({ path, how }) => [path, how])).toEqual([
      ...addressLists.map((list) => [`lists/${list}`, 'changed']),
      ['decoders/zzzz-opencti-decoder.xml', 'changed'],
      ['rules/zz-opencti-2-rules.xml', 'gone'],
    ]);
    expect(manager.files.has('rules/zz-opencti-2-rules.xml')).toBe(false);
  });
});

describe('a step that fails before the first file is in its place', () => {
  test('lock: another run holds it, and nothing is remembered', async () => {
    const { manager, fail } = await setUp();
    throws(manager, 'open');
    expect(await fail()).toEqual({ step: 'lock', message: 'open failed' });
    expect(manager.calls).toEqual(['open']);
    expect(readState(manager.state).runs).toEqual([]);
  });

  test.each<[Step, Call, readonly Call[]]>([
    ['recover', 'recover', ['open', 'recover']],
    ['manager', 'describe', prepared],
    ['compare', 'current', prepared],
    ['guards', 'insistOnRights', [...prepared, 'insistOnRights']],
    ['guards', 'insistOnEngine', guarded],
    ['stage', 'transaction', [...guarded, 'transaction']],
    // A transaction that cannot be committed brings back by itself what was there before.
    ['publish', 'commit', published],
  ])('%s: %s', async (step, call, calls) => {
    const { manager, before, state, fail } = await setUpChange();
    throws(manager, call);
    expect(await fail()).toEqual({ step, message: `${call} failed` });
    expect(manager.calls).toEqual([...calls, 'close']);
    expect(manager.files).toEqual(before);
    const { runs, ...rest } = readState(manager.state);
    expect(runs[0]).toMatchObject({ outcome: 'failed', step, reason: `${call} failed` });
    expect(rest).toEqual({ ...rest, confirmed: state.confirmed, appliedAt: state.appliedAt });
  });

  test('read: a platform that refuses is asked before the manager is looked at', async () => {
    const { server, manager, fail } = await setUpChange();
    server.faults.add({ kind: 'error', code: 'FORBIDDEN_ACCESS' });
    expect(await fail()).toMatchObject({ step: 'read' });
    expect(manager.calls).toEqual([...prepared, 'close']);
  });

  test('guards: another platform, unless it is forced', async () => {
    const { manager, state, fail, toRun } = await setUpChange();
    if (state.confirmed === null) throw new Error('nothing was confirmed');
    const confirmed = { ...state.confirmed, platformId: 'another' };
    saveState({ state: manager.state, owner: manager.state.owner }, { ...state, confirmed });
    expect((await fail()).message).toContain('another OpenCTI answers than last time');
    expect(manager.calls).toEqual([...prepared, 'close']);
    expect((await refresh(toRun({ force: true }))).outcome).toBe('changed');
  });

  test('guards: a rule of the site would be lost, and that cannot be forced', async () => {
    const { manager, fail, toRun } = await setUpChange();
    manager.siteProblem = 'rule 100640 is ours';
    const { step, message } = await fail(toRun({ force: true }));
    expect([step, message]).toEqual(['guards', 'nothing was changed: rule 100640 is ours']);
    expect(manager.calls).toEqual([...prepared, 'insistOnRights', 'findSiteProblem', 'close']);
  });

  test('a stop that is asked for meanwhile: what is staged goes', async () => {
    const { manager, before, fail, toRun } = await setUpChange();
    const stop = new AbortController();
    manager.faults.set('transaction', () => stop.abort(new KnownError('stopped by SIGTERM')));
    expect((await fail(toRun({ signal: stop.signal }))).message).toBe('stopped by SIGTERM');
    expect(manager.calls).toEqual([...guarded, 'transaction', 'undo', 'close']);
    expect(manager.files).toEqual(before);
  });
});

describe('a step that fails after it: the set before is back, and the engine has it', () => {
  const back = ['undo', 'reloadAgain', 'finish', 'close'] as const;

  test.each<[Step, Call, readonly Call[]]>([
    ['judge', 'judge', [...published, 'judge']],
    ['reload', 'reload', [...published, 'judge', 'reload']],
    ['prove', 'loadedDecoders', [...published, 'judge', 'reload', 'loadedDecoders']],
    ['prove', 'readBack', proved],
  ])('%s: %s', async (step, call, calls) => {
    const { manager, before, state, fail } = await setUpChange();
    throws(manager, call);
    expect(await fail()).toEqual({
      step,
      message: `${call} failed\nthe set that was there before is back, and the engine has it`,
    });
    expect(manager.calls).toEqual([...calls, ...back]);
    expect(manager.files).toEqual(before);
    expect(manager.loaded).toEqual(before);
    expect(readState(manager.state)).toMatchObject({
      runs: [{ outcome: 'failed', step }, { outcome: 'changed' }],
      appliedAt: state.appliedAt,
    });
  });

  test('prove: the engine runs another set', async () => {
    const { manager, fail } = await setUpChange();
    manager.faults.set('loadedDecoders', () => {
      manager.loaded = new Map();
    });
    const { step, message } = await fail();
    expect(step).toBe('prove');
    expect(message).toMatch(
      /^the engine has not taken the set as it is:\n {2}it runs another one: the decoder octset-/,
    );
    expect(manager.calls.slice(-back.length)).toEqual(back);
  });

  test('an engine that went away was not asked, so the next run need not wait for it', async () => {
    const { manager, state, fail } = await setUpChange();
    throws(manager, 'reload', new EngineAbsentError('no engine'));
    throws(manager, 'reloadAgain', new EngineAbsentError('no engine'));
    const { message } = await fail();
    expect(message).toBe(
      'no engine\nthe set that was there before is back, and the engine takes it when it starts',
    );
    expect(manager.calls.slice(-back.length)).toEqual(back);
    expect(readState(manager.state).askedAt).toEqual(state.askedAt);
  });

  test('one that refused is remembered as asked', async () => {
    const { manager, fail } = await setUpChange();
    throws(manager, 'reload');
    await fail();
    expect(readState(manager.state).askedAt).not.toBeNull();
  });

  test('the way back gets the reason, by which an engine that was not touched is left alone', async () => {
    const { manager, fail } = await setUpChange();
    const refused = new SetRefusedError('the engine would refuse this set');
    throws(manager, 'judge', refused);
    await fail();
    expect(manager.cause).toBe(refused);
    expect(manager.calls).not.toContain('reload');
  });

  test('files that cannot be put back: the engine is not asked to load them', async () => {
    const { manager, fail } = await setUpChange();
    throws(manager, 'reload');
    throws(manager, 'undo');
    expect((await fail()).message).toBe('reload failed\nundo failed');
    expect(manager.calls.slice(-2)).toEqual(['undo', 'close']);
  });

  test('an engine that does not take them back: the next run tries again', async () => {
    const { manager, fail } = await setUpChange();
    throws(manager, 'reload');
    throws(manager, 'reloadAgain');
    expect((await fail()).message).toBe(
      'reload failed\nthe set that was there before is back, but the engine could not be reloaded with it: ' +
        'reloadAgain failed\nthe next run tries again',
    );
    // The journal stays: nothing was finished.
    expect(manager.calls.slice(-2)).toEqual(['reloadAgain', 'close']);
  });
});

describe('what an earlier run did not finish', () => {
  test.each(['killed', 'undoing'] as const)('%s: the engine is loaded with it first', async (unfinished) => {
    const { manager, notes, toRun } = await setUpChange();
    manager.unfinished = unfinished;
    await refresh(toRun());
    expect(manager.calls.slice(0, 5)).toEqual(['open', 'recover', 'reload', 'forget', 'describe']);
    expect(notes[0]).toMatch(/^an earlier run .*: the set before it is back/);
  });

  test('an engine that refused to take it back is not asked again at once', async () => {
    const { manager, config, toRun, fail } = await setUpChange();
    manager.unfinished = 'undoing';
    const held = { ...config, guards: { ...config.guards, minReloadInterval: 600_000 } };
    const { step, message } = await fail({ ...toRun(), config: held });
    expect(step).toBe('recover');
    expect(message).toMatch(/^the engine did not take the set that was there before/);
    expect(manager.calls).toEqual(['open', 'recover', 'close']);
  });
});

describe('a dry run', () => {
  test('only looks', async () => {
    const { manager, before, state, toRun } = await setUpChange();
    const folder = join(makeFolder(), 'dry');
    const dry = await dryRun(toRun(), folder);
    expect(manager.calls).toEqual(['look', 'describe', 'findSiteProblem', 'close']);
    expect(dry.changes.length).toBeGreaterThan(0);
    expect(existsSync(join(folder, 'lists/opencti-win-destination-ip'))).toBe(true);
    expect(manager.files).toEqual(before);
    expect(readState(manager.state)).toEqual(state);
  });

  test('shows what a guard objects to', async () => {
    const { server, manager, toRun } = await setUpChange();
    for (const store of [server.data.observables, server.data.indicators])
      for (const { id } of [
        ...store.rows({ order: { field: 'created_at', descending: false }, after: null, accept: () => true }),
      ])
        store.remove(id);
    const dry = await dryRun(toRun(), join(makeFolder(), 'dry'));
    expect(dry.objection).toMatch(/no rows at all/);
    expect(manager.calls).toContain('findSiteProblem');
  });
});
