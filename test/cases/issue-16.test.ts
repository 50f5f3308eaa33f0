import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { toEventOfAlert } from '../engine-model/alert-event.ts';
import { evaluate } from '../engine-model/evaluate.ts';
import type { RuleEvent } from '../engine-model/rule-event.ts';
import type { ObservableEntityType, StoredObservable } from '../platform/data/objects.ts';
import { writeObservable } from '../platform/data/written.ts';
import { quick, type SetUp, type SetUpOptions, setUp } from '../refresh/support/set-up.ts';

/** Public reports as small inputs: each README names the source and the right result. */
const pathOf = (name: string, file: string) => join(import.meta.dirname, 'data', name, file);
const read = (name: string, file: string) => readFileSync(pathOf(name, file), 'utf8');
const readJson = <T>(name: string, file: string) => JSON.parse(read(name, file)) as T;

interface CaseData {
  readonly observables: readonly {
    readonly type: ObservableEntityType;
    readonly value?: string;
    readonly hashes?: Readonly<Record<string, string>>;
  }[];
}

function toObservables({ observables }: CaseData): StoredObservable[] {
  return observables.map(({ type, value, hashes = {} }) =>
    writeObservable({
      entity_type: type,
      ...(value !== undefined && { value }),
      hashes: Object.entries(hashes).map(([algorithm, hash]) => ({ algorithm, hash })),
    }),
  );
}

function setUpCase(name: string, options: SetUpOptions = {}): Promise<SetUp> {
  const observables = toObservables(readJson<CaseData>(name, 'data.json'));
  return setUp({ ...options, data: { documented: false, written: { observables, indicators: [] } } });
}

/** The rule that the running engine fires for an event. */
function fire({ manager: { engine } }: SetUp, event: RuleEvent | null): number | undefined {
  if (engine.loaded === null || event === null) throw new Error('no engine or no event');
  return evaluate(engine.loaded.ruleset, event).fired?.id;
}

/** What `lookup` says of each alert of a case, which is a fact of its `expected.json`. */
async function expectLookups(set: SetUp, name: string): Promise<void> {
  const { fires } = readJson<{ readonly fires: Readonly<Record<string, number>> }>(name, 'expected.json');
  expect(Object.keys(fires).length).toBeGreaterThan(0);
  for (const [file, rule] of Object.entries(fires)) {
    const { code, stdout } = await set.run(['lookup', pathOf(name, file), '--json']);
    expect(JSON.parse(stdout).fired, file).toMatchObject({ id: rule });
    expect(code).toBe(0);
  }
}

test('overwrite-fim-554: a site that overwrites 554 without its group loses no match', async () => {
  const name = 'overwrite-fim-554';
  const set = await setUpCase(name);
  writeFileSync(join(set.manager.home, 'etc/rules/local_rules.xml'), read(name, 'local_rules.xml'));
  await set.refresh();
  await expectLookups(set, name);
  expect(fire(set, toEventOfAlert(readJson(name, 'added.json')))).toBe(100_655);
  expect(fire(set, toEventOfAlert(readJson(name, 'deleted.json')))).toBe(100_654);
  const unlisted = read(name, 'added.json').replace(
    /"sha256_after": "\w+"/,
    `"sha256_after": "${'0'.repeat(64)}"`,
  );
  expect(fire(set, toEventOfAlert(JSON.parse(unlisted)))).toBe(554);
});

test('linux-hash-lower: Sysmon for Linux writes upper-case labels and lower-case digits', async () => {
  const name = 'linux-hash-lower';
  const set = await setUpCase(name);
  await set.refresh();
  await expectLookups(set, name);
  const line = read(name, 'engine-line.txt').trim();
  expect(set.manager.engine.fire(line)?.id).toBe(100_651);
  expect(set.manager.engine.fire(line.replace('>SHA256=', '>SHA1=0,MD5=0,SHA256='))?.id).toBe(100_651);
  expect(set.manager.engine.fire(line.replace('Linux-Sysmon/Operational', 'another'))?.id).not.toBe(100_651);
});

test('query-trailing-dot: a name that is asked with a dot at its end', async () => {
  const name = 'query-trailing-dot';
  const set = await setUpCase(name);
  await set.refresh();
  await expectLookups(set, name);
  const query = read(name, 'query.json');
  for (const asked of ['bad-name-one.net.', 'bad-name-one.net', 'WWW.Bad-Name-One.Net.'])
    expect(fire(set, toEventOfAlert(JSON.parse(query.replace('bad-name-one.net.', asked)))), asked).toBe(
      100_649,
    );
  expect(
    fire(set, toEventOfAlert(JSON.parse(query.replace('bad-name-one.net.', 'bad-name-one.net.org')))),
  ).not.toBe(100_649);
});

test('address-mapped-linux: an IPv4 connection of a dual-stack socket', async () => {
  const name = 'address-mapped-linux';
  const set = await setUpCase(name);
  await set.refresh();
  await expectLookups(set, name);
  const event = read(name, 'event3.json');
  for (const address of ['0:0:0:0:0:ffff:2d53:4001', '::ffff:2d53:4001', '::ffff:45.83.64.1', '45.83.64.1'])
    expect(
      fire(set, toEventOfAlert(JSON.parse(event.replace('0:0:0:0:0:ffff:2d53:4001', address)))),
      address,
    ).toBe(100_650);
  // The server API takes no key with both a colon and a dot: an export has a gate for those.
  const folder = join(set.manager.home, 'var/exported');
  expect(await set.run(['export', folder])).toMatchObject({ code: 0 });
  const list = readFileSync(join(folder, 'lists/opencti-linux-destination-ip'), 'utf8');
  expect(list).not.toMatch(/:.*\..*":/);
  const dotted = join(set.manager.home, 'var/dotted.json');
  writeFileSync(dotted, event.replace('0:0:0:0:0:ffff:2d53:4001', '::ffff:45.83.64.1'));
  const found = await set.run(['lookup', dotted, '--json', '--from', folder]);
  expect(JSON.parse(found.stdout).fired).toMatchObject({ id: 100_650, by: expect.any(Number) });
});

/** As many rules as the most used community set has; they leave room for a hundred, and above that for all blocks. */
function inventIds(): number[] {
  const every = (from: number, to: number, step: number) =>
    Array.from({ length: Math.floor((to - from) / step) + 1 }, (_, index) => from + index * step);
  return [
    ...every(100_000, 119_950, 50).filter((id) => id < 113_300 || id > 113_399),
    ...every(120_000, 299_500, 500),
    ...[300_000, 300_050, 300_102],
    ...every(400_201, 400_201 + 413 * 1_450, 413),
  ];
}

test('ids-taken-by-a-ruleset: one message names blocks that are free, and with them it works', async () => {
  const name = 'ids-taken-by-a-ruleset';
  const ids = inventIds();
  expect(ids).toHaveLength(2_212);
  const set = await setUpCase(name);
  const { manager } = set;
  const rules = ids.map(
    (id) =>
      `<rule id="${id}" level="3"><if_sid>1</if_sid><match>orbit ${id}</match><description>orbit</description></rule>`,
  );
  writeFileSync(
    join(manager.home, 'etc/rules/community.xml'),
    `<group name="orbit,">\n${rules.join('\n')}\n</group>\n`,
  );
  const before = manager.readFiles();
  const install = ['install', '--replace', '--schedule', 'none', '--etc', join(manager.home, 'var')];
  for (const args of [install, ['refresh'], ['refresh', '--force']]) {
    const { code, stderr } = await set.run(args);
    expect(code).toBe(2);
    const [message = '', ...more] = stderr.split('\n').filter((line) => line.includes('have ids of ours'));
    expect(more).toEqual([]);
    expect(message).toMatch(
      /free here, for the configuration: rules\.first_id: 113300, rules\.block_id: 300200, gates\.first_id: 302200$/,
    );
    expect(message.length).toBeLessThan(500);
    expect(manager.readFiles()).toEqual(before);
    expect(manager.asked).toEqual([]);
  }
  set.configure(`${quick}rules: { first_id: 113300, block_id: 300200 }\ngates: { first_id: 302200 }\n`);
  await set.refresh();
  const { messages } = manager.engine.check();
  expect(messages.filter((message) => message.includes('(7612)'))).toEqual([]);
  const [{ hashes: [{ hash = '' } = {}] = [] } = {}] = toObservables(readJson<CaseData>(name, 'data.json'));
  expect(fire(set, { decoder: 'syscheck_new_entry', fields: { sha256: hash ?? '' } })).toBe(113_355);
  expect(manager.engine.fire('1:/var/log/x:Nov 30 10:00:00 h p: orbit 100650')?.id).toBe(100_650);
});

test.each(['4.2.7', '4.3.11'])(
  'wazuh-before-4.4: Wazuh %s has no base rules for Sysmon 16 to 26',
  async (version) => {
    const set = await setUpCase('wazuh-before-4.4', {
      manager: { hasHotReload: false, version },
      config: 'wazuh: { restart: on }\n',
    });
    const { manager } = set;
    const newer =
      /<rule\b(?:(?!<\/rule>)[\s\S])*sysmon_e(?:vent|id)_?(?:1[6-9]|2\d)(?:(?!<\/rule>)[\s\S])*<\/rule>/g;
    const folder = join(manager.home, 'ruleset/rules');
    let left = 0;
    for (const file of readdirSync(folder)) {
      const text = readFileSync(join(folder, file), 'utf8');
      left += text.match(newer)?.length ?? 0;
      // The engine refuses a group without a rule.
      writeFileSync(join(folder, file), text.replace(newer, '').replace(/<group\b[^>]*>\s*<\/group>/g, ''));
    }
    expect(left).toBeGreaterThan(0);
    expect(manager.engine.load()).toMatchObject({ isTaken: true });
    expect(
      await set.run(['install', '--replace', '--schedule', 'none', '--etc', join(manager.home, 'var')]),
    ).toMatchObject({
      code: 0,
    });
    manager.asked.length = 0;
    expect(await set.refresh()).toContain('was restarted');
    expect(manager.asked).toEqual(['unknown reload', 'check', 'restart']);
    const { isTaken, messages } = manager.engine.check();
    expect(messages.filter((message) => !message.includes('malicious-ioc'))).toEqual([]);
    expect(isTaken).toBe(true);
    const fields = {
      'win.system.providerName': 'Microsoft-Windows-Sysmon',
      'win.system.channel': 'Microsoft-Windows-Sysmon/Operational',
      'win.system.severityValue': 'INFORMATION',
      'win.system.eventID': '22',
    };
    const query = (queryName: string): RuleEvent => ({
      decoder: 'windows_eventchannel',
      fields: { ...fields, 'win.eventdata.queryName': queryName },
    });
    expect(fire(set, query('bad-name-one.net'))).toBe(100_649);
    expect(fire(set, query('good-name.net'))).not.toBe(100_649);
  },
);
