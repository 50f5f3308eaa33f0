import { existsSync, lstatSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { expectedOwner } from '../fake-manager/fake-manager.ts';
import { isRoot, writeConf } from '../fake-manager/home.ts';
import { writeObservable } from '../platform/data/written.ts';
import {
  addressLists,
  dirtyIndicators,
  dirtyObservables,
  expectedLines,
  logAddressLists,
  mappedAddressLists,
} from '../support/dirty-platform.ts';
import { makeFolder, readTree } from '../support/folder.ts';
import { runs } from '../support/runs.ts';
import { readMessages } from '../support/sample-events.ts';
import { fingerprint } from './support/fingerprint.ts';
import { quick, setUp } from './support/set-up.ts';

const dirty = { documented: false, written: { observables: dirtyObservables, indicators: dirtyIndicators } };
const newAddress = writeObservable({ entity_type: 'IPv4-Addr', value: '185.220.101.77', id: 'new-address' });

const ownFiles = [
  'decoders/zzzz-opencti-decoder.xml',
  ...[...Object.keys(expectedLines), 'opencti-networks'].map((list) => `lists/${list}`),
  'rules/0011-opencti-gates.xml',
  'rules/zzzz-opencti-rules.xml',
].sort();

/** What one new address changes: the lists of addresses, and the name of the set. */
const filesOfAddress = ['decoders/zzzz-opencti-decoder.xml', ...addressLists.map((list) => `lists/${list}`)];

/** Stands for values that the selftest needs, in every list of a manager. */
const canary = 'opencti-wazuh-canary';

function withoutCanaries(text = ''): string[] {
  return text.split('\n').filter((line) => line !== '' && !line.endsWith(`:${canary}`));
}

function readState(home: string) {
  return JSON.parse(readFileSync(join(home, 'var/opencti-wazuh/state/refresh.json'), 'utf8'));
}

describe('from OpenCTI into the memory of the engine', () => {
  test('lists, rules and decoder are written and loaded; nothing else is left', async () => {
    const { manager, run } = await setUp({ data: dirty });
    const result = await run(['refresh']);
    expect(result.stderr.split('\n').filter((line) => !/ read \d/.test(line))).toEqual(['']);
    expect(result.code).toBe(0);
    expect(result.stdout).toContain('Refreshed: the engine has the new set');
    expect(manager.asked).toEqual(['reload']);
    // A warning: a list of the stock ruleset is not on this manager.
    expect(manager.judged.map(({ codemsg }) => codemsg)).toEqual([1]);
    expect(manager.openSessions.size).toBe(0);
    for (const [list, lines] of Object.entries(expectedLines)) {
      expect(withoutCanaries(manager.readFiles()[`lists/${list}`])).toEqual(lines);
      const loaded = [...(manager.engine.loaded?.lists.get(`etc/lists/${list}`)?.values() ?? [])];
      expect(loaded.filter((id) => id !== canary)).toHaveLength(lines.length);
    }
    expect(Object.keys(manager.readFiles()).sort()).toEqual(ownFiles);
    expect(manager.takeAlerts()).toEqual([]);
  });

  test('the map of networks follows OpenCTI, and is nothing for the engine', async () => {
    const { manager, server, refresh } = await setUp({ data: { documented: false } });
    const network = writeObservable({ entity_type: 'IPv4-Addr', value: '105.112.50.7/16', id: 'network' });
    server.data.observables.add(network);
    server.data.observables.add(newAddress);
    await refresh();
    expect(manager.readFiles()['lists/opencti-networks']).toBe('105.112.0.0_16:network\n');
    expect(existsSync(join(manager.home, 'etc/lists/opencti-networks.cdb'))).toBe(false);
    expect(await refresh()).toContain('Nothing changed');
    server.data.observables.remove(network.id);
    await refresh();
    expect(manager.readFiles()['lists/opencti-networks']).toBe('');
  });

  test('a listed value fires, and the same event without it fires as before', async () => {
    const { manager, refresh } = await setUp({ data: dirty });
    const message = readMessages().get('sysmon22-answer') ?? '';
    const listed = message.replace(/(Name='QueryName'>)[^<]*</, '$1sazoya.com<');
    const before = manager.engine.fire(message)?.id;
    await refresh();
    expect(manager.engine.fire(listed)?.id).toBe(100_649);
    expect(manager.engine.fire(message.replace(/(Name='QueryName'>)[^<]*</, '$1example.net<'))?.id).toBe(
      before,
    );
  });

  test.runIf(expectedOwner !== null)('run by root, all belongs to the user of the engine', async () => {
    const { manager, refresh } = await setUp({ data: dirty });
    await refresh();
    for (const path of ownFiles) {
      const { uid, gid, mode } = lstatSync(join(manager.home, 'etc', path));
      expect({ path, uid, gid, mode: mode & 0o777 }).toEqual({ path, ...expectedOwner, mode: 0o660 });
    }
    const state = join(manager.home, 'var/opencti-wazuh');
    for (const path of ['.', 'state', 'previous', 'state/lock', 'state/refresh.json']) {
      const { uid, gid } = lstatSync(join(state, path));
      expect({ path, uid, gid }).toEqual({ path, ...expectedOwner });
    }
    const log = lstatSync(join(manager.home, 'logs/opencti-wazuh.log'));
    expect({ uid: log.uid, gid: log.gid }).toEqual(expectedOwner);
  });

  test.runIf(expectedOwner !== null)('the user of the engine can run it, before and after root', async () => {
    const { manager, server, run, refresh } = await setUp({ data: dirty });
    expect(await run(['refresh'], { asWazuh: true })).toMatchObject({ code: 0 });
    server.data.observables.add(newAddress);
    await refresh();
    server.data.observables.remove(newAddress.id);
    expect(await run(['refresh'], { asWazuh: true })).toMatchObject({ code: 0 });
    expect(manager.asked).toEqual(['reload', 'reload', 'reload']);
    expect(manager.readFiles()['lists/opencti-win-destination-ip']).not.toContain('185.220.101.77');
  });

  test('the set before is kept, and the log and the state say what was done', async () => {
    const { manager, server, refresh } = await setUp({ data: dirty });
    await refresh();
    const before = manager.readFiles();
    server.data.observables.add(newAddress);
    await refresh();
    const previous = readTree(join(manager.home, 'var/opencti-wazuh/previous'));
    expect(previous).toEqual(Object.fromEntries(filesOfAddress.map((path) => [path, before[path]])));
    const state = readState(manager.home);
    expect(state.runs.map(({ outcome }: { outcome: string }) => outcome)).toEqual(['changed', 'changed']);
    // Three of IPv6, and six of IPv4 in two spellings.
    expect(state.confirmed.lists['opencti-win-destination-ip']).toBe(15);
    const log = readFileSync(join(manager.home, 'logs/opencti-wazuh.log'), 'utf8').trim().split('\n');
    const done = log.filter((line) => !line.includes(' warning: '));
    expect(done).toHaveLength(2);
    const told = `changed, ${filesOfAddress.length} files differ, engine reloaded`;
    expect(done[1]).toMatch(new RegExp(`^\\d{4}-.*Z refresh info: ${told}$`));
  });
});

/** More than six pages of OpenCTI, and lists of many times the bytes that are read or written at once. */
const many = runs(35_000, 100_000);

test(`of ${many} values nothing changed: no file is touched, no reload; one more value: its keys, and the name of the set`, {
  timeout: 180_000,
}, async () => {
  const { manager, server, refresh } = await setUp({ data: { observables: many, indicators: 1_000 } });
  await refresh();
  const files = manager.readFiles();
  const before = fingerprint(manager.home);
  expect(await refresh()).toContain('Nothing changed: no file was written and the engine was not reloaded');
  expect(fingerprint(manager.home)).toEqual(before);
  expect(manager.asked).toEqual(['reload']);

  server.data.observables.add(newAddress);
  await refresh();
  expect(manager.asked).toEqual(['reload', 'reload']);
  const changed = Object.entries(manager.readFiles()).filter(([path, text]) => files[path] !== text);
  const newLines = changed.map(([path, text]) => {
    const old = new Set(files[path]?.split('\n'));
    const lines = text.split('\n');
    expect(lines.length - (files[path] ?? '').split('\n').length, path).toBe(
      path.startsWith('lists/') ? lines.filter((line) => !old.has(line)).length : 0,
    );
    return [path, lines.filter((line) => !old.has(line))] as const;
  });
  expect(Object.fromEntries(newLines)).toEqual({
    'decoders/zzzz-opencti-decoder.xml': [
      expect.stringMatching(/^<decoder name="octset-[0-9a-f]{16}">$/),
      expect.stringMatching(/^ {2}<program_name>\^octset-[0-9a-f]{16}\$<\/program_name>$/),
    ],
    'lists/opencti-linux-destination-ip': [
      '"0:0:0:0:0:ffff:b9dc:654d":new-address',
      '"::ffff:185.220.101.77":new-address',
      '"::ffff:b9dc:654d":new-address',
      '185.220.101.77:new-address',
    ],
    'lists/opencti-win-destination-ip': [
      '"0:0:0:0:0:ffff:b9dc:654d":new-address',
      '185.220.101.77:new-address',
    ],
    ...Object.fromEntries(logAddressLists.map((list) => [`lists/${list}`, ['185.220.101.77:new-address']])),
    ...Object.fromEntries(
      mappedAddressLists.map((list) => [
        `lists/${list}`,
        ['"::ffff:185.220.101.77":new-address', '185.220.101.77:new-address'],
      ]),
    ),
  });
  const untouched = Object.entries(fingerprint(manager.home)).filter(
    ([path, print]) => before[path] === print,
  );
  expect(untouched.map(([path]) => path)).toEqual(
    expect.arrayContaining(
      ownFiles.filter((path) => !changed.some(([one]) => one === path)).map((path) => `etc/${path}`),
    ),
  );
});

describe('what is not as it should be is put right', () => {
  test.each([
    ['a list that someone edited', 'lists/opencti-win-query-name', 'evil.example:by-hand\n'],
    ['a rules file that someone cut', 'rules/zzzz-opencti-rules.xml', '<group name="opencti">'],
    [
      'a list without its last line break',
      'lists/opencti-fim-md5',
      expectedLines['opencti-fim-md5']?.join('\n') ?? '',
    ],
  ])('%s', async (_, path, text) => {
    const { manager, refresh } = await setUp({ data: dirty });
    await refresh();
    const files = manager.readFiles();
    writeFileSync(join(manager.home, 'etc', path), text);
    await refresh();
    expect(manager.readFiles()).toEqual(files);
    expect(manager.asked).toEqual(['reload', 'reload']);
  });

  test('a database that is gone, or that another text was compiled to', async () => {
    const { manager, refresh } = await setUp({ data: dirty });
    await refresh();
    const loaded = manager.readLoaded();
    const database = join(manager.home, 'etc/lists/opencti-fim-md5.cdb');
    rmSync(database);
    expect(await refresh()).toContain('opencti-fim-md5.cdb is not there');
    writeFileSync(database, 'no database');
    expect(await refresh()).toContain('opencti-fim-md5.cdb is not a whole database');
    expect(manager.readLoaded()).toEqual(loaded);
    expect(await refresh()).toContain('Nothing changed');
  });

  test('a part of the gates that was copied from a split export goes, and is kept as the set before', async () => {
    const { manager, refresh } = await setUp({ data: dirty });
    await refresh();
    const part = 'rules/0011-opencti-gates-2.xml';
    const text =
      '<group name="octgate,">\n<rule id="899999" level="0" noalert="1"><if_sid>118004</if_sid>\n<description>OpenCTI gate</description>\n</rule>\n</group>\n';
    writeFileSync(join(manager.home, 'etc', part), text);
    expect(await refresh()).toContain(part);
    expect(Object.keys(manager.readFiles()).sort()).toEqual(ownFiles);
    expect(readTree(join(manager.home, 'var/opencti-wazuh/previous'))).toEqual({ [part]: text });
    expect(manager.engine.loaded?.files).not.toHaveProperty([`etc/${part}`]);
  });

  test('what an earlier version kept of a read that was cut goes', async () => {
    const { manager, refresh } = await setUp();
    await refresh();
    const left = join(manager.home, 'var/opencti-wazuh/state/platform.read');
    writeFileSync(left, 'opencti-wazuh read 2');
    expect(await refresh()).toContain('Nothing changed');
    expect(existsSync(left)).toBe(false);
  });

  test('rules.linux_decoder: off takes the decoders of Sysmon for Linux away, and the name of the set stays', async () => {
    const { manager, configure, refresh } = await setUp({ data: dirty });
    await refresh();
    expect(manager.engine.decoderNames()).toContain('opencti-sysmon-linux');
    configure(`${quick}rules: { linux_decoder: off }\n`);
    await refresh();
    expect(Object.keys(manager.readFiles()).sort()).toEqual(ownFiles);
    const names = manager.engine.decoderNames();
    expect(names).not.toContain('opencti-sysmon-linux');
    expect(names.filter((name) => name.startsWith('octset-'))).toHaveLength(1);
  });
});

test('what the engine says of the site is told, and is no failure', async () => {
  const { manager, refresh } = await setUp({ data: dirty });
  manager.faults.add({
    kind: 'reload-warns',
    texts: ["(7612): Rule ID '100150' is duplicated. Only the first occurrence will be considered."],
  });
  const summary = await refresh();
  expect(summary).toContain('It warns about files of the site, not about ours');
  expect(summary).toContain("Rule ID '100150' is duplicated");
  expect(readFileSync(join(manager.home, 'logs/opencti-wazuh.log'), 'utf8')).toMatch(
    / warning: the engine says: \(7612\): Rule ID '100150'/,
  );
});

test('guards.min_reload_interval holds changes back, and loses none', async () => {
  const { manager, server, run, configure, refresh } = await setUp({ data: dirty });
  await refresh();
  const before = fingerprint(manager.home);
  configure(`${quick.replace('0s', '1h')}`);
  server.data.observables.add(newAddress);
  const held = await run(['refresh']);
  expect(held).toMatchObject({ code: 0 });
  expect(held.stdout).toMatch(/^Held back: .*guards\.min_reload_interval\); a run after \d{4}-/);
  expect(held.stdout).toContain('lists/opencti-win-destination-ip');
  const { 'etc/opencti-wazuh.yml': _, ...others } = fingerprint(manager.home);
  expect(before).toMatchObject(others);
  expect(manager.asked).toEqual(['reload']);
  expect(readState(manager.home).runs[0].outcome).toBe('held-back');
  configure(quick);
  await refresh();
  expect(manager.readFiles()['lists/opencti-win-destination-ip']).toContain('185.220.101.77:new-address');
});

describe('an engine before 4.13, which has no hot reload', () => {
  test('is checked, and restarted where the configuration allows it', async () => {
    const { manager, refresh } = await setUp({
      data: dirty,
      manager: { hasHotReload: false },
      config: 'wazuh: { restart: on }\n',
    });
    expect(await refresh()).toContain('The engine, which has no hot reload, was restarted');
    expect(manager.asked).toEqual(['unknown reload', 'check', 'restart']);
    expect(manager.engine.loaded?.lists.get('etc/lists/opencti-win-query-name')?.get('sazoya.com')).toBe(
      'n-plain',
    );
  });

  test('else is checked only, and the summary and the status say what is to be done', async () => {
    const { manager, run, refresh } = await setUp({ data: dirty, manager: { hasHotReload: false } });
    expect(await refresh()).toContain(`run ${manager.home}/bin/wazuh-control restart`);
    expect(manager.asked).toEqual(['unknown reload', 'check']);
    expect(manager.engine.loaded?.lists.get('etc/lists/opencti-win-query-name')).toBeUndefined();
    expect((await run(['status'])).stdout).toMatch(/WARNING the engine waits for a restart since/);
    manager.engine.load();
    await manager.startEngine();
    expect((await run(['status'])).stdout).not.toContain('waits for a restart');
  });

  test.runIf(isRoot)('is left alone by anybody but root, who alone may check it', async () => {
    const { manager, run } = await setUp({ data: dirty, manager: { hasHotReload: false } });
    const before = manager.readFiles();
    const { code, stderr } = await run(['refresh'], { asWazuh: true });
    expect(code).toBe(2);
    expect(stderr).toContain('Wazuh 4.12.0 has no hot reload, and root alone may check and restart it');
    expect(manager.readFiles()).toEqual(before);
    expect(manager.asked).toEqual([]);
  });

  test.runIf(isRoot)('and one that hides its version gets back what it had', async () => {
    const manager = { hasHotReload: false, version: '4.9.2' };
    const { manager: older, run } = await setUp({ data: dirty, manager });
    const before = older.readFiles();
    const { code, stderr } = await run(['refresh'], { asWazuh: true });
    expect(code).toBe(1);
    expect(stderr).toMatch(/wazuh-analysisd -t failed \(it cannot be run \(EACCES\)\).*run it as root/s);
    expect(older.readFiles()).toEqual(before);
  });
});

describe('a cluster', () => {
  test('a worker is sent to its master', async () => {
    const { manager, run, refresh } = await setUp({ data: dirty });
    await refresh();
    const before = manager.readFiles();
    writeConf(manager.home, { cluster: 'worker' });
    const result = await run(['refresh', '--force']);
    expect(result.code).toBe(2);
    expect(result.stderr).toContain('run it on the master');
    expect(manager.readFiles()).toEqual(before);
    expect(manager.takeAlerts().map(({ fired }) => fired?.id)).toEqual([100_627]);
  });

  test('a master says what is left to be done', async () => {
    const { manager, refresh } = await setUp({ data: dirty, manager: { cluster: 'master' } });
    const summary = await refresh();
    expect(summary).toContain('PUT /cluster/analysisd/reload');
    expect(summary).toContain('ossec.conf and integrations/ go to each node by hand');
    expect(manager.asked).toEqual(['reload']);
  });

  test('a manager alone says nothing of it', async () => {
    const { refresh } = await setUp({ data: dirty, manager: { cluster: 'disabled' } });
    expect(await refresh()).not.toContain('cluster');
  });
});

test('a list that ossec.conf lacks is left out: the rest goes on, and the next run has nothing to do', async () => {
  const { manager, run } = await setUp({ data: dirty });
  const conf = join(manager.home, 'etc/ossec.conf');
  const line = '    <list>etc/lists/opencti-win-query-name</list>\n';
  const text = readFileSync(conf, 'utf8');
  expect(text).toContain(line);
  writeFileSync(conf, text.replace(line, ''));
  const first = await run(['refresh']);
  expect(first).toMatchObject({ code: 0, stdout: expect.stringContaining('Refreshed') });
  expect(first.stderr).toMatch(
    /ossec\.conf does not declare opencti-win-query-name: what these lists hold is not matched; run opencti-wazuh install/,
  );
  const gates = manager.readFiles()['rules/0011-opencti-gates.xml'] ?? '';
  expect(gates).not.toContain('etc/lists/opencti-win-query-name');
  expect(gates).toContain('etc/lists/opencti-win-hashes');
  expect(await run(['refresh'])).toMatchObject({
    code: 0,
    stdout: expect.stringContaining('Nothing changed'),
  });
  writeFileSync(conf, text);
  expect(await run(['refresh', '--force'])).toMatchObject({ code: 0, stderr: '' });
  expect(manager.readFiles()['rules/0011-opencti-gates.xml']).toContain('etc/lists/opencti-win-query-name');
});

const otherFolder = (text: string) => text.replace('<rule_dir>etc/rules', '<rule_dir>etc/site-rules');
const excluded = '<rule_exclude>zzzz-opencti-rules.xml</rule_exclude>';

test.each([
  [
    'none of the lists',
    { isDeclared: false },
    /declares none of our lists, such as <list>etc\/lists\/opencti-win-hashes<\/list>/,
  ],
  [
    'a second <ruleset> block',
    { more: '<ossec_config><ruleset><list>etc/lists/a</list></ruleset></ossec_config>' },
    /the last of its 2 <ruleset> blocks, the one that counts, has to/,
  ],
  [
    'a file that the engine cannot read',
    { more: '<ossec_config><ruleset>' },
    /ossec\.conf:\d+: the engine cannot read it/,
  ],
  [
    'other folders',
    { more: '', change: otherFolder },
    /has no <rule_dir>etc\/rules<\/rule_dir>, and line \d+ names etc\/site-rules, a folder that is not there; write <rule_dir>etc\/rules<\/rule_dir> into its <ruleset> block, then restart the manager: nothing was changed/,
  ],
  [
    'that a file of ours is left out',
    { more: '', change: (text: string) => text.replace('</ruleset>', `${excluded}</ruleset>`) },
    /leaves out etc\/rules\/zzzz-opencti-rules\.xml: line \d+ has <rule_exclude>zzzz-opencti-rules\.xml<\/rule_exclude>; take that line out/,
  ],
])('ossec.conf declares %s: exit code 2', async (_, conf, message) => {
  const { manager, run, refresh } = await setUp({ data: dirty });
  await refresh();
  const before = manager.readFiles();
  writeConf(manager.home, conf);
  if ('change' in conf) {
    const file = join(manager.home, 'etc/ossec.conf');
    writeFileSync(file, conf.change(readFileSync(file, 'utf8')));
  }
  const result = await run(['refresh']);
  expect(result.code).toBe(2);
  expect(result.stderr).toMatch(message);
  expect(result.stderr).toContain('nothing was changed');
  expect(manager.readFiles()).toEqual(before);
  expect(manager.takeAlerts().map(({ fired }) => fired?.id)).toEqual([100_627]);
});

describe('a dry run', () => {
  test('shows what would change, and touches nothing', async () => {
    const { manager, server, run, refresh } = await setUp({ data: dirty });
    await refresh();
    server.data.observables.add(newAddress);
    server.data.observables.remove('a-plain');
    const before = fingerprint(manager.home);
    const state = readTree(join(manager.home, 'var/opencti-wazuh'));
    const folder = join(makeFolder(), 'out');
    const result = await run(['refresh', '--dry-run', folder, '--values']);
    expect(result).toMatchObject({ code: 0 });
    expect(result.stdout).toMatch(/lists\/opencti-win-destination-ip +13 +-> +13 +\+2 +-2/);
    expect(result.stdout).toContain(
      [
        'lists/opencti-win-destination-ip',
        '  - "0:0:0:0:0:ffff:6970:3250":a-plain',
        '  - 105.112.50.80:a-plain',
        '  + "0:0:0:0:0:ffff:b9dc:654d":new-address',
        '  + 185.220.101.77:new-address',
      ].join('\n'),
    );
    expect(result.stdout).toContain(
      `A refresh would write ${filesOfAddress.length} files and have the engine take them`,
    );
    expect(fingerprint(manager.home)).toEqual(before);
    expect(readTree(join(manager.home, 'var/opencti-wazuh'))).toEqual(state);
    expect(Object.keys(readTree(folder)).sort()).toEqual(ownFiles);
    expect(manager.asked).toEqual(['reload']);
  });

  test('on a manager that was never refreshed makes nothing there', async () => {
    const { manager, run } = await setUp({ data: dirty });
    const result = await run(['refresh', '--dry-run', makeFolder()]);
    expect(result).toMatchObject({ code: 0 });
    expect(result.stdout).not.toContain('sazoya.com');
    expect(readdirSync(join(manager.home, 'var/opencti-wazuh'))).toEqual([]);
    expect(manager.readFiles()).toEqual({});
  });

  test('fails where the refresh would, and alerts nobody', async () => {
    const { manager, run } = await setUp({ data: { documented: false } });
    const result = await run(['refresh', '--dry-run', makeFolder()]);
    expect(result).toMatchObject({ code: 1 });
    expect(result.stderr).toContain('OpenCTI gave no rows at all');
    expect(manager.takeAlerts()).toEqual([]);
  });
});

test('an object whose id would forge a line of a list brings nothing in, and stops no refresh', async () => {
  const { server, manager, refresh } = await setUp({ data: dirty });
  await refresh();
  manager.takeAlerts();
  const before = manager.readFiles();
  server.data.observables.add(
    writeObservable({ entity_type: 'Domain-Name', value: 'b.evil.net', id: 'x\nforged.evil.net:y' }),
  );
  expect(await refresh()).toContain('Nothing changed');
  expect(manager.takeAlerts()).toEqual([]);
  expect(manager.readFiles()).toEqual(before);
});

test('log.level debug tells each step', async () => {
  const { run } = await setUp({ data: dirty, config: 'log: { level: debug }\n' });
  const { stderr } = await run(['refresh']);
  const told = [...stderr.matchAll(/ step ([\w-]+)$/gm)].map(([, step]) => step);
  expect([...new Set(told)]).toEqual([
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
});
