import { execFileSync } from 'node:child_process';
import { readFileSync, statSync, utimesSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { writeObservable } from '../platform/data/written.ts';
import { quick, setUp } from './support/set-up.ts';

const list = 'etc/lists/opencti-win-destination-ip';
const added = writeObservable({ entity_type: 'IPv4-Addr', value: '185.220.101.77', id: 'new-address' });

/** The clock of the run alone; what it reads of files stays as it is. */
const at = (offset: string) => ['faketime', '-f', offset];
const environment = { NO_FAKE_STAT: '1', FAKETIME_DONT_FAKE_MONOTONIC: '1' };

test('faketime is there, and moves the clock of Node', () => {
  const [program = '', ...args] = [...at('-1d'), process.execPath, '-p', 'Date.now()'];
  const told = Number(
    execFileSync(program, args, { encoding: 'utf8', env: { ...process.env, ...environment } }),
  );
  expect(Math.round((Date.now() - told) / 3_600_000)).toBe(24);
});

test.each(['-30m', '+30m'])(
  'after a step of the clock by %s the engine still compiles what changed',
  async (offset) => {
    const { manager, server, run, refresh } = await setUp({ data: { observables: 40 } });
    await refresh();
    const compiled = Math.floor(statSync(join(manager.home, `${list}.cdb`)).mtimeMs / 1_000);
    server.data.observables.add(added);
    const result = await run(['refresh'], { before: at(offset), environment });
    expect(result.code, result.stderr).toBe(0);
    expect(Math.floor(statSync(join(manager.home, list)).mtimeMs / 1_000)).toBeGreaterThan(compiled);
    expect(manager.engine.loaded?.lists.get(list)?.has('185.220.101.77')).toBe(true);
    // And back again, with the true clock.
    server.data.observables.remove(added.id);
    await refresh();
    expect(manager.engine.loaded?.lists.get(list)?.has('185.220.101.77')).toBe(false);
  },
);

test('a database from the future, and a set that is put back under it', async () => {
  const { manager, server, run, refresh } = await setUp({ data: { observables: 40 } });
  await refresh();
  const loaded = manager.readLoaded();
  const ahead = Date.now() / 1_000 + 5_000;
  utimesSync(join(manager.home, `${list}.cdb`), ahead, ahead);
  server.data.observables.add(added);
  manager.faults.add({
    kind: 'reload-warns',
    texts: ["(7616): List 'etc/lists/opencti-fim-md5' could not be loaded. Rule '118107' will be ignored."],
  });
  expect(await run(['refresh'])).toMatchObject({ code: 1 });
  expect(manager.readLoaded()).toEqual(loaded);
  await refresh();
  expect(manager.engine.loaded?.lists.get(list)?.has('185.220.101.77')).toBe(true);
});

test('a clock that was set back holds no reload back', async () => {
  const { manager, server, run, configure, refresh } = await setUp({ data: { observables: 40 } });
  await refresh();
  configure(quick.replace('0s', '10m'));
  server.data.observables.add(added);
  expect(await run(['refresh'], { before: at('-20m'), environment })).toMatchObject({ code: 0 });
  expect(manager.asked).toEqual(['reload', 'reload']);
});

test('a clock that is more than an hour off stops the run', async () => {
  const { manager, run, refresh } = await setUp({ data: { observables: 40 } });
  await refresh();
  const files = manager.readFiles();
  const result = await run(['refresh'], { before: at('+2h'), environment });
  expect(result.code).toBe(1);
  expect(result.stderr).toMatch(/more than an hour apart/);
  expect(manager.readFiles()).toEqual(files);
  expect(manager.takeAlerts().map(({ fired }) => fired?.id)).toEqual([100_627]);
});

test('lists grow stale with the clock, and are stale under a clock that lies before them', async () => {
  const { manager, run, refresh } = await setUp({ data: { observables: 40 } });
  await refresh();
  const lineAt = async (offset: string) =>
    (await run(['status', '--line'], { before: at(offset), environment })).stdout;
  expect(await lineAt('+25h')).toMatch(/^fresh: the lists were last confirmed .* \(25 h ago\)\n$/);
  expect(await lineAt('+27h')).toMatch(/^stale: .* \(27 h ago\), longer than guards\.max_age 26 h\n$/);
  expect(await lineAt('-3h')).toMatch(
    /^stale: the lists were confirmed in the future, .*look at the clock\n$/,
  );
  const stale = await run(['status'], { before: at('+27h'), environment });
  expect(stale.code).toBe(1);
  expect(stale.stdout).toMatch(/^STALE: /);
  expect(readFileSync(join(manager.home, 'var/opencti-wazuh/state/refresh.json'), 'utf8')).toContain(
    '"changed"',
  );
});
