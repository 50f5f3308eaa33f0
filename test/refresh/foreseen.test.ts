import { readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import type { ManagerFault } from '../fake-manager/faults.ts';
import { setOwner } from '../fake-manager/home.ts';
import { quick, type SetUp, setUp } from './support/set-up.ts';

const data = { documented: true, observables: 40 } as const;

function putSiteRule({ manager }: SetUp, attributes: string, text: string): void {
  const file = join(manager.home, 'etc/rules/local_rules.xml');
  const rule = `<rule ${attributes}>${text}<description>a</description></rule>`;
  writeFileSync(file, `<group name="local,">\n\n  ${rule}\n</group>\n`);
  setOwner(file, 'wazuh', 0o660);
}

describe('a rule of the site that has an id of ours, which the engine would drop', () => {
  async function expectRefused(set: SetUp, message: RegExp, ...args: readonly string[]): Promise<void> {
    const before = set.manager.readFiles();
    const { code, stderr } = await set.run(['refresh', ...args]);
    expect(stderr).toMatch(message);
    expect(code).toBe(2);
    expect(stderr).toContain('nothing was changed');
    expect(set.manager.readFiles()).toEqual(before);
    expect(set.manager.asked).toEqual([]);
    expect(set.manager.judged).toEqual([]);
  }

  test.each([[[]], [['--force']], [['--dry-run']]])(
    'is told before anything is written, with %j, too',
    async (args) => {
      const set = await setUp({ data });
      putSiteRule(set, 'id="100640" level="3"', '<if_sid>1</if_sid>');
      await expectRefused(
        set,
        /nothing was changed: 1 rule of this site has an id of ours, and ours load first, so the engine would drop the site's: 100640 \(etc\/rules\/local_rules\.xml:3\); free here, for the configuration: rules\.first_id: 100000$/m,
        ...args,
      );
      putSiteRule(set, 'id="100150" level="3"', '<if_sid>1</if_sid>');
      expect(await set.refresh()).toContain('Refreshed');
    },
  );

  test('a rule of the site below one of ours, in a file that loads before it', async () => {
    const set = await setUp({ data });
    const rule = `<group name="local,"><rule id="100951" level="13"><if_sid>100625</if_sid><description>a</description></rule></group>\n`;
    const early = join(set.manager.home, 'etc/rules/zzz-site.xml');
    writeFileSync(early, rule);
    await expectRefused(
      set,
      /rule 100951 \(etc\/rules\/zzz-site\.xml:1\) of this site hangs below rule 100625 of ours and would load before it: move it into a file whose name sorts after zzzz-opencti-rules\.xml, such as zzzzz-site\.xml/,
    );
    renameSync(early, join(set.manager.home, 'etc/rules/zzzzz-site.xml'));
    expect(await set.refresh()).toContain('Refreshed');
  });

  test('each of the three blocks is looked at, and the blocks that the message names are free', async () => {
    const set = await setUp({ data });
    const rule = (id: number) =>
      `<rule id="${id}" level="3"><if_sid>1</if_sid><description>a</description></rule>\n`;
    const file = join(set.manager.home, 'etc/rules/local_rules.xml');
    const ids = [100_000, 100_629, 118_100, 119_003, 810_000, 899_999];
    writeFileSync(file, `<group name="local,">\n${ids.map(rule).join('')}</group>\n`);
    await expectRefused(
      set,
      /5 rules of this site have ids of ours.*: 100629 \(etc\/rules\/local_rules\.xml:3\), 118100 \(\S+:4\), 119003 \(\S+:5\) and 2 more; free here, for the configuration: rules\.first_id: 100100, rules\.block_id: 100700, gates\.first_id: 200000$/m,
    );
    set.configure(`${quick}rules: { first_id: 100100, block_id: 100700 }\ngates: { first_id: 200000 }\n`);
    expect(await set.refresh()).toContain('Refreshed');
    const { messages } = set.manager.engine.check();
    expect(messages.filter((message) => !message.includes('malicious-ioc'))).toEqual([]);
  });

  test('rules.parents, which earlier versions had, is left aside with one warning', async () => {
    const parents = 'rules: { parents: { win_hashes: { ids: [100777] } } }\n';
    const set = await setUp({ data, config: parents });
    const { code, stderr } = await set.run(['refresh']);
    expect(code).toBe(0);
    expect(stderr.match(/rules\.parents/g)).toHaveLength(1);
    expect(Object.values(set.manager.readFiles()).join('')).not.toContain('100777');
  });
});

describe('a fault that stays costs no more reloads than the interval allows', () => {
  const hourly = 'opencti: { timeout: 5s, retry_for: 300ms }\nguards: { min_reload_interval: 1h }\n';

  const dropped = "(7612): Rule ID '100640' is duplicated. Only the first occurrence will be considered.";
  test.each<[string, ManagerFault]>([
    ['refuses the new set', { kind: 'reload-refused' }],
    ['takes it without a rule of ours', { kind: 'reload-warns', texts: [dropped] }],
    ['compiles no list', { kind: 'lists-not-compiled' }],
    ['hangs up', { kind: 'hang-up' }],
  ])('an engine that %s', async (_, fault) => {
    const set = await setUp({ data });
    set.configure(hourly);
    const { manager, run } = set;
    manager.faults.add(fault);
    expect((await run(['refresh'])).code).toBe(1);
    expect(manager.asked).toEqual(['reload', 'reload']);
    const held = await run(['refresh']);
    expect(held).toMatchObject({ code: 0, stdout: expect.stringContaining('Held back') });
    expect(manager.asked).toHaveLength(2);
    const state = JSON.parse(
      readFileSync(join(manager.home, 'var/opencti-wazuh/state/refresh.json'), 'utf8'),
    );
    expect(state).toMatchObject({ appliedAt: null, askedAt: expect.any(String) });
    expect((await run(['refresh', '--force'])).code).toBe(0);
    expect(manager.asked).toHaveLength(3);
  });

  test('an engine that refuses the set of before as well', async () => {
    const set = await setUp({ data });
    set.configure(hourly);
    const { manager, run } = set;
    manager.faults.add({ kind: 'reload-refused' }, 100);
    expect((await run(['refresh'])).code).toBe(1);
    expect(manager.asked).toEqual(['reload', 'reload']);
    const again = await run(['refresh']);
    expect(again.code).toBe(1);
    expect(again.stderr).toMatch(
      /it is asked again after \S+Z \(guards\.min_reload_interval\), or with --force/,
    );
    expect(manager.asked).toHaveLength(2);
    manager.faults.clear();
    expect((await run(['refresh', '--force'])).code).toBe(0);
  });

  test('and the set of before counts as much as the new one', async () => {
    const set = await setUp({ data });
    set.configure('opencti: { timeout: 5s }\nguards: { min_reload_interval: 20m }\n');
    const { manager, run } = set;
    const refreshAt = (later: string) => run(['refresh'], { before: ['faketime', '-f', later] });
    manager.faults.add({ kind: 'reload-refused' }, 2);
    expect((await run(['refresh'])).code).toBe(1);
    expect(manager.asked).toHaveLength(2);
    const back = await refreshAt('+21m');
    expect(back.stderr).toContain('the set before it is back now');
    expect(back).toMatchObject({ code: 0, stdout: expect.stringMatching(/^Held back: /) });
    expect(manager.asked).toHaveLength(3);
    expect((await refreshAt('+42m')).stdout).toMatch(/^Refreshed/);
    expect(manager.asked).toHaveLength(4);
  });
});

test('the first failure of all is told where it can be heard, since no rule makes an alert of it yet', async () => {
  const set = await setUp({ data });
  set.server.faults.add({ kind: 'status', status: 503 });
  const { manager, run } = set;
  const fail = async () => (await run(['refresh'])).stderr;
  expect(await fail()).toContain(
    'no alert could be raised in Wazuh: our rules are not on this manager yet: run "opencti-wazuh install"',
  );
  set.server.faults.clear();
  expect(
    (await run(['install', '--replace', '--schedule', 'none', '--etc', join(manager.home, 'var')])).code,
  ).toBe(0);
  set.server.faults.add({ kind: 'status', status: 503 });
  expect(await fail()).toContain(
    `no alert could be raised in Wazuh: the engine has not loaded our rules since they were installed: ${manager.home}/bin/wazuh-control restart`,
  );
  expect(readFileSync(join(manager.home, 'logs/opencti-wazuh.log'), 'utf8')).toContain(
    'refresh warning: no alert could be raised in Wazuh: the engine has not loaded our rules',
  );
  await manager.stopEngine();
  manager.engine.load();
  await manager.startEngine();
  manager.takeAlerts();
  expect(await fail()).not.toContain('no alert');
  expect(manager.takeAlerts().map(({ fired }) => fired?.id)).toEqual([100_627]);
});
