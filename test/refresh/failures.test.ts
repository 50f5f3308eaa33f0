import { execFileSync, spawnSync } from 'node:child_process';
import { chmodSync, mkdirSync, readdirSync, readFileSync, rmSync, statfsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { startAlerting } from '../fake-manager/alerting.ts';
import { readCompiled } from '../fake-manager/compile-list.ts';
import type { FakeManagerOptions } from '../fake-manager/fake-manager.ts';
import type { ManagerFault } from '../fake-manager/faults.ts';
import { isRoot } from '../fake-manager/home.ts';
import { writeObservable } from '../platform/data/written.ts';
import type { Fault } from '../platform/faults.ts';
import { waitFor } from '../support/cli.ts';
import { quick, type RunOptions, type SetUp, type SetUpOptions, setUp } from './support/set-up.ts';

const added = writeObservable({ entity_type: 'IPv4-Addr', value: '185.220.101.77', id: 'new-address' });

/** A manager that was refreshed, and an OpenCTI that has one more address since. */
async function setUpRefreshed(options: SetUpOptions = {}): Promise<SetUp> {
  const set = await setUp(options);
  await set.refresh();
  set.server.data.observables.add(added);
  set.manager.asked.length = 0;
  return set;
}

const withGuard = (guard: string) => quick.replace('0s }', `0s, ${guard} }`);

interface Expected {
  readonly code: number;
  readonly step: string;
  readonly message: RegExp;
  /** What the engine was asked to do. */
  readonly asked?: readonly string[];
}

/** The files and the engine's memory as before, one clear message, one alert that says where and why. */
async function expectFailure(
  { manager, run }: SetUp,
  { code, step, message, asked = [] }: Expected,
  args: readonly string[] = [],
  options: RunOptions = {},
): Promise<void> {
  const files = manager.readFiles();
  const loaded = manager.readLoaded();
  const result = await run(['refresh', ...args], options);
  expect(result.stderr).toMatch(message);
  expect(result.code).toBe(code);
  expect(manager.readFiles()).toEqual(files);
  expect(manager.readLoaded()).toEqual(loaded);
  expect(manager.asked).toEqual(asked);
  const alerts = manager.takeAlerts();
  expect(alerts).toHaveLength(1);
  expect(alerts[0]?.fired).toMatchObject({ id: 100_627, level: 10 });
  expect(alerts[0]?.fired?.description).toContain(`failed at ${step}: `);
  const event = JSON.parse(alerts[0]?.message.replace('1:opencti:', '') ?? '');
  expect(event).toEqual({
    integration: 'opencti',
    opencti: { event: 'refresh_failed', step, reason: expect.stringMatching(message) },
  });
  const log = readFileSync(join(manager.home, 'logs/opencti-wazuh.log'), 'utf8');
  expect(log).toContain(`error: failed at step ${step}: `);
}

/** The next run, with nothing wrong any more, does what this one could not. */
async function expectCure({ manager, refresh }: SetUp): Promise<void> {
  manager.faults.clear();
  await refresh();
  expect(manager.readFiles()['lists/opencti-win-destination-ip']).toContain('185.220.101.77:new-address\n');
  expect(
    manager.engine.loaded?.lists.get('etc/lists/opencti-win-destination-ip')?.get('185.220.101.77'),
  ).toBe('new-address');
}

test('a typo in the configuration', async () => {
  const set = await setUpRefreshed();
  set.configure(`${quick}slect: {}\n`);
  await expectFailure(set, { code: 2, step: 'config', message: /slect is not a key that is known/ });
  set.configure(quick);
  await expectCure(set);
});

describe('OpenCTI', () => {
  test.each<[string, Fault, RegExp]>([
    ['is down', { kind: 'status', status: 503 }, /503/],
    ['answers with a page', { kind: 'html', status: 502 }, /502/],
    ['gives no whole set', { kind: 'lost-rows', rows: 50 }, /gave \d+, less than 99 %/],
    ['breaks off', { kind: 'hang-up', when: 'in-body' }, /cut|closed|reset|aborted/i],
  ])('%s', async (_, fault, message) => {
    const set = await setUpRefreshed();
    set.server.faults.add(fault, {
      when: ({ query }) => /stixCyberObservables|indicators/.test(query ?? ''),
    });
    await expectFailure(set, { code: 1, step: 'read', message });
    set.server.faults.clear();
    await expectCure(set);
  });

  test('is another one than last time, until that is meant', async () => {
    const first = await setUpRefreshed({ server: { platformId: 'the-first' } });
    const second = await setUp({ server: { platformId: 'the-second' } });
    const environment = { OPENCTI_URL: second.server.url };
    await expectFailure(
      first,
      {
        code: 1,
        step: 'read',
        message: /another OpenCTI answers than last time \(platform the-second, before the-first\)/,
      },
      [],
      { environment },
    );
    expect(await first.run(['refresh', '--force'], { environment })).toMatchObject({ code: 0 });
  });

  test('does not tell who it is: then it is not held against it, and not forgotten', async () => {
    const first = await setUpRefreshed({ server: { platformId: 'the-first' } });
    const silent = await setUp({ server: { platformId: 'the-second', settingsRefused: true } });
    expect(await first.run(['refresh'], { environment: { OPENCTI_URL: silent.server.url } })).toMatchObject({
      code: 0,
    });
    const third = await setUp({ server: { platformId: 'the-third' } });
    first.manager.asked.length = 0;
    await expectFailure(first, { code: 1, step: 'read', message: /before the-first/ }, [], {
      environment: { OPENCTI_URL: third.server.url },
    });
  });

  test.each([7_200_000, -7_200_000])('has another time, %d ms off', async (dateOffset) => {
    const set = await setUpRefreshed();
    const other = await setUp({ server: { dateOffset } });
    await expectFailure(set, { code: 1, step: 'read', message: /more than an hour apart/ }, [], {
      environment: { OPENCTI_URL: other.server.url },
    });
  });
});

describe('a guard', () => {
  test('no rows at all', async () => {
    const set = await setUpRefreshed();
    const empty = await setUp({ data: { documented: false } });
    const environment = { OPENCTI_URL: empty.server.url };
    await expectFailure(set, { code: 1, step: 'guards', message: /OpenCTI gave no rows at all/ }, [], {
      environment,
    });
    expect(await set.run(['refresh', '--force'], { environment })).toMatchObject({ code: 0 });
    expect(set.manager.readFiles()['lists/opencti-win-destination-ip']).not.toContain('105.112.50.80');
  });

  test('a list of over 100 entries that loses more than its share', async () => {
    const set = await setUpRefreshed({ data: { observables: 1_500 } });
    const small = await setUp({ data: { observables: 150 } });
    const environment = { OPENCTI_URL: small.server.url };
    await expectFailure(
      set,
      {
        code: 1,
        step: 'guards',
        message:
          /list opencti-[\w-]+ would shrink from [\d,]+ to \d+ entries \(\d\d %\), more than guards\.shrink_limit 50 %/,
      },
      [],
      { environment },
    );
    set.configure(withGuard('shrink_limit: 100 %'));
    expect(await set.run(['refresh'], { environment })).toMatchObject({ code: 0 });
  });

  test('a list that is too long, which nobody can force', async () => {
    const set = await setUpRefreshed();
    set.configure(withGuard('max_entries: 5'));
    const message = /list opencti-win-hashes would have \d+ values, more than guards\.max_entries 5/;
    await expectFailure(set, { code: 1, step: 'guards', message }, ['--force']);
  });
});

describe('the engine', () => {
  test.each<[string, ManagerFault, string, RegExp]>([
    [
      'refuses the set',
      { kind: 'reload-refused' },
      'reload',
      /refused to reload \(1 due\).*\(1226\): Error reading XML file/s,
    ],
    ['hangs up', { kind: 'hang-up' }, 'reload', /does not answer at .*queue\/sockets\/analysis/],
    [
      'answers what nobody understands',
      { kind: 'broken-answer' },
      'reload',
      /answer is not understood: "not json!"/,
    ],
    [
      'drops a list of ours',
      {
        kind: 'reload-warns',
        texts: [
          "(7616): List 'etc/lists/opencti-fim-md5' could not be loaded. Rule '118107' will be ignored.",
        ],
      },
      'prove',
      /has not taken the set as it is:.*\(7616\): List 'etc\/lists\/opencti-fim-md5'.*next: .*opencti-wazuh install/s,
    ],
    [
      'drops a rule of ours',
      {
        kind: 'reload-warns',
        texts: ["(7612): Rule ID '100640' is duplicated. Only the first occurrence will be considered."],
      },
      'prove',
      /Rule ID '100640' is duplicated/,
    ],
    [
      'compiles no list',
      { kind: 'lists-not-compiled' },
      'prove',
      /opencti-[\w-]+\.cdb has (?:\d+ keys|other entries) where the list has \d+, and it is older than its text/,
    ],
    [
      'loses an entry',
      { kind: 'entries-lost', count: 1 },
      'prove',
      /\.cdb has \d+ keys where the list has \d+/,
    ],
    [
      'says that all is well and loads nothing',
      { kind: 'loads-nothing' },
      'prove',
      /has not taken the set as it is:.*it runs another one: the decoder octset-[0-9a-f]{16} of this set is not among those that it has loaded/s,
    ],
    [
      'drops a condition of ours, which it quotes',
      {
        kind: 'reload-warns',
        texts: ['(1104): Maximum string size reached for: ^Microsoft-Windows-Sysmon$'],
      },
      'prove',
      /\(1104\): Maximum string size reached for: \^Microsoft-Windows-Sysmon\$/,
    ],
  ])('%s', async (_, fault, step, message) => {
    const set = await setUpRefreshed();
    set.manager.faults.add(fault);
    await expectFailure(set, { code: 1, step, message, asked: ['reload', 'reload'] });
    await expectCure(set);
  });

  test('is told to go back, and says so', async () => {
    const set = await setUpRefreshed();
    set.manager.faults.add({ kind: 'reload-refused' });
    const { stderr } = await set.run(['refresh']);
    expect(stderr).toContain('the set that was there before is back, and the engine has it');
  });

  test('does not run: nothing is touched, and the next run need not wait', async () => {
    const set = await setUpRefreshed();
    const askedAt = () =>
      JSON.parse(readFileSync(join(set.manager.home, 'var/opencti-wazuh/state/refresh.json'), 'utf8'))
        .askedAt;
    const before = askedAt();
    await set.manager.stopEngine();
    await expectFailure(set, { code: 1, step: 'guards', message: /is Wazuh running\?/, asked: [] });
    // What min_reload_interval counts from.
    expect(askedAt()).toBe(before);
    await set.manager.startEngine();
    const { code, stdout, stderr } = await set.run(['refresh']);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(stdout).toContain('Refreshed');
  });

  test('stops while a set is published: the set before is back, and the next run does not wait', async () => {
    const set = await setUpRefreshed();
    const { manager } = set;
    manager.faults.add({ kind: 'run', work: () => void manager.stopEngine() });
    const before = manager.readFiles();
    const { code } = await set.run(['refresh']);
    expect(code).toBe(1);
    expect(manager.readFiles()).toEqual(before);
    await manager.startEngine();
    const again = await set.run(['refresh', '--force']);
    expect(again).toMatchObject({ code: 0, stdout: expect.stringContaining('Refreshed') });
  });

  test('does not say which decoders it has, and an event of the selftest does not come back', {
    timeout: 120_000,
  }, async () => {
    const set = await setUpRefreshed();
    set.manager.faults.add({ kind: 'decoders-hang-up' }, 10);
    const { code, stderr } = await set.run(['refresh']);
    expect(code).toBe(1);
    expect(stderr).toMatch(
      /it does not say which decoders it has, and an event of the selftest did not come back/,
    );
    expect(set.manager.asked).toEqual(['reload', 'reload']);
    await expectCure(set);
  });

  test.each<[string, ManagerFault]>([
    ['cannot say which decoders it has', { kind: 'decoders-unknown' }],
    ['hangs up when it is asked for them', { kind: 'decoders-hang-up' }],
  ])('%s: an event of the selftest that comes back is the proof', async (_, fault) => {
    const set = await setUpRefreshed();
    const { alerts } = startAlerting(set.manager);
    set.manager.faults.add(fault, 2);
    await set.refresh();
    expect(alerts.map(({ rule }) => rule.id)).toEqual(['118700']);
    expect(set.manager.asked).toEqual(['reload']);
  });

  test('answers never: it is given up when its time is over', async () => {
    const { applyToEngine } = await import('../../src/wazuh/engine/ask.ts');
    const { manager } = await setUpRefreshed();
    manager.faults.add({ kind: 'no-answer' });
    const patience = { reload: 50, check: 50, restart: 50 };
    await expect(applyToEngine(manager.home, { restart: false, patience })).rejects.toThrow(
      /no (?:whole )?answer/,
    );
  });
});

describe('a logtest session', () => {
  const site = (set: SetUp, text: string) =>
    writeFileSync(join(set.manager.home, 'etc/rules/local_rules.xml'), text);
  const unclosed = '<group name="local,"><rule id="100150" level="3">';

  test('says that the engine would refuse the set: it is taken back, and what runs was not touched', async () => {
    const set = await setUpRefreshed();
    site(set, unclosed);
    const database = join(set.manager.home, 'etc/lists/opencti-win-destination-ip');
    const compiled = readCompiled(database);
    await expectFailure(set, {
      code: 1,
      step: 'judge',
      message:
        /the engine would refuse the rules and decoders of this manager, and names no file of ours \(a logtest session said so\):\s+ERROR: \(1226\): Error reading XML file 'local_rules\.xml'/,
    });
    // The session has compiled the lists of the set that was refused; a look-up would have opened those.
    expect(readCompiled(database)).toEqual(compiled);
    expect(set.manager.openSessions.size).toBe(0);
    site(
      set,
      '<group name="local,"><rule id="100150" level="3"><if_sid>1</if_sid><description>a</description></rule></group>',
    );
    await expectCure(set);
  });

  const tooLong = (text: string) =>
    `<group name="local,"><rule id="100150" level="3"><if_sid>1</if_sid><match>${text}</match><description>a</description></rule></group>`;

  test('finds a condition of the site that is too long: that is a warning', async () => {
    const set = await setUpRefreshed();
    site(set, tooLong('a'.repeat(2_048)));
    const { code, stdout, stderr } = await set.run(['refresh']);
    expect({ code, stderr: stderr.split('\n').filter((line) => /error/i.test(line)) }).toEqual({
      code: 0,
      stderr: [],
    });
    expect(set.manager.judged.at(-1)).toMatchObject({
      codemsg: -1,
      messages: expect.arrayContaining([
        expect.stringContaining('ERROR: (1104)'),
        expect.stringContaining('(7202)'),
      ]),
    });
    expect(stdout).toMatch(
      /It warns about files of the site, not about ours.*\(1104\): Maximum string size reached for: a{20}/s,
    );
    await expectCure(set);
  });

  test('finds one of ours', async () => {
    const set = await setUpRefreshed();
    const said = [
      'ERROR: (1104): Maximum string size reached for: ^Microsoft-Windows-Sysmon$',
      'INFO: (7202): a',
    ];
    set.manager.faults.add({ kind: 'session-says', codemsg: -1, messages: said });
    await expectFailure(set, { code: 1, step: 'judge', message: /would refuse this set.*\(1104\)/s });
    await expectCure(set);
  });

  test('finds a fault, and gives no reason: the message says where to look', async () => {
    const set = await setUpRefreshed();
    set.manager.faults.add({ kind: 'session-says', codemsg: -1, messages: [] });
    await expectFailure(set, {
      code: 1,
      step: 'judge',
      message: /names no file of ours.*it gives no reason: is a file in etc\/decoders or etc\/rules empty\?/s,
    });
    await expectCure(set);
  });

  test.each<[string, FakeManagerOptions, ManagerFault | null]>([
    ['is not to be had, since <rule_test> is off', { hasLogtest: false }, null],
    ['is not to be had, since all are used up', {}, { kind: 'sessions-used-up' }],
    ['breaks off', {}, { kind: 'session-hang-up' }],
    [
      'does not understand what it is asked',
      {},
      { kind: 'session-says', codemsg: -2, messages: ['ERROR: a'] },
    ],
  ])('%s: the reload is the judge', async (_, manager, fault) => {
    const set = await setUpRefreshed({ manager });
    if (fault !== null) set.manager.faults.add(fault, 2);
    site(set, unclosed);
    await expectFailure(set, {
      code: 1,
      step: 'reload',
      message: /refused to reload \(1 due\).*\(1226\)/s,
      asked: ['reload', 'reload'],
    });
    rmSync(join(set.manager.home, 'etc/rules/local_rules.xml'));
    if (fault !== null) set.manager.faults.add(fault, 2);
    await set.refresh();
    expect(set.manager.readFiles()['lists/opencti-win-destination-ip']).toContain('185.220.101.77');
  });

  test('answers never: it is given up when its time is over', async () => {
    const { judgeSet } = await import('../../src/wazuh/engine/judge.ts');
    const { manager } = await setUpRefreshed();
    manager.faults.add({ kind: 'session-no-answer' });
    expect(await judgeSet(manager.home, () => true, 50)).toBe(false);
    expect(await judgeSet(manager.home, () => true)).toBe(true);
  });
});

describe('an engine before 4.13', () => {
  const older: SetUpOptions = { manager: { hasHotReload: false }, config: 'wazuh: { restart: on }\n' };

  test('answers only some time after it was restarted', async () => {
    const set = await setUpRefreshed(older);
    // Each look is a question in either form.
    set.manager.faults.add({ kind: 'decoders-hang-up' }, 3);
    await set.refresh();
    expect(set.manager.asked).toEqual(['unknown reload', 'check', 'restart']);
  });

  test('fails its own check, and is not restarted', async () => {
    const set = await setUpRefreshed(older);
    set.manager.faults.add({
      kind: 'check-fails',
      lines: [
        "2026/11/24 03:00:00 wazuh-analysisd: ERROR: (1226): Error reading XML file 'etc/rules/zz.xml': XMLERR",
      ],
    });
    await expectFailure(set, {
      code: 1,
      step: 'reload',
      message: /wazuh-analysisd -t failed \(exit code 1\).*ERROR: \(1226\)/s,
      asked: ['unknown reload', 'check', 'unknown reload', 'check'],
    });
    await expectCure(set);
  });

  test('drops a list of ours in its check', async () => {
    const set = await setUpRefreshed({
      manager: { hasHotReload: false },
      config: 'wazuh: { restart: off }\n',
    });
    set.manager.engine.load();
    set.manager.faults.add({
      kind: 'reload-warns',
      texts: ["(7616): List 'etc/lists/opencti-fim-md5' could not be loaded. Rule '118107' will be ignored."],
    });
    await expectFailure(set, {
      code: 1,
      step: 'prove',
      message: /\(7616\): List 'etc\/lists\/opencti-fim-md5'.*next: .*opencti-wazuh install/s,
      asked: ['unknown reload', 'check', 'unknown reload', 'check'],
    });
  });

  test('does not come up again: it is started with the set before', async () => {
    const set = await setUpRefreshed(older);
    set.manager.faults.add({ kind: 'restart-fails' }, 2);
    await expectFailure(set, {
      code: 1,
      step: 'reload',
      message: /wazuh-control restart failed \(exit code 1\).*did not start correctly/s,
      asked: ['unknown reload', 'check', 'restart', 'unknown reload', 'check', 'restart'],
    });
    await expectCure(set);
  });

  test('hangs in its check: it is killed when its time is over', async () => {
    const { applyToEngine, EngineCheckError } = await import('../../src/wazuh/engine/ask.ts');
    const { manager } = await setUpRefreshed(older);
    manager.faults.add({ kind: 'check-hangs' });
    const patience = { reload: 5_000, check: 300, restart: 300 };
    const failure = await applyToEngine(manager.home, { restart: true, patience }).catch((error) => error);
    expect(failure).toBeInstanceOf(EngineCheckError);
    expect(failure.message).toMatch(/did not end within 0\.3 s/);
  });
});

test('a name that a folder stands in the way of', async () => {
  const set = await setUpRefreshed();
  mkdirSync(join(set.manager.home, 'etc/lists/.opencti-win-destination-ip.new~'));
  await expectFailure(set, {
    code: 1,
    step: 'recover',
    message: /(?:EISDIR|EPERM) at \S+\/etc\/lists\/\.opencti-win-destination-ip\.new~/,
  });
});

test.runIf(isRoot)('folders that the user of the engine may not write', async () => {
  const set = await setUpRefreshed();
  chmodSync(join(set.manager.home, 'etc/lists'), 0o550);
  await expectFailure(
    set,
    {
      code: 1,
      step: 'stage',
      message: /could not be written \(EACCES: \S+\/etc\/lists\/\.opencti-[\w-]+\.new~\)/,
    },
    [],
    {
      asWazuh: true,
    },
  );
});

test.runIf(isRoot)(
  'a disk that is really full: the set before stands, and goes on when there is room',
  async ({ skip }) => {
    const set = await setUp({ data: { observables: 2_000 } });
    await set.refresh();
    const { manager, server } = set;
    const lists = join(manager.home, 'etc/lists');
    const kept = readdirSync(lists, { withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map(({ name }) => [name, readFileSync(join(lists, name))] as const);
    const mounted = spawnSync('mount', [
      '-t',
      'tmpfs',
      '-o',
      'size=8m,mode=0770,uid=42424,gid=42424',
      'tmpfs',
      lists,
    ]);
    // In a container without the right to mount, only made errors can be tried: those of killed.test.ts.
    if (mounted.status !== 0) return skip(`NOTHING CAN BE MOUNTED HERE: ${mounted.stderr}`);
    onTestFinished(() => void execFileSync('umount', ['-l', lists]));
    for (const [name, text] of kept) writeFileSync(join(lists, name), text);
    const room = statfsSync(lists);
    writeFileSync(join(lists, 'of-the-site'), Buffer.alloc(room.bavail * room.bsize - 4_096));
    server.data.observables.add(added);
    manager.asked.length = 0;
    await expectFailure(set, { code: 1, step: 'stage', message: /no space is left on the disk/ });
    writeFileSync(join(lists, 'of-the-site'), '');
    await expectCure(set);
  },
);

test('stopped while it reads: nothing is changed, and the alert says by what', async () => {
  const set = await setUpRefreshed();
  const files = set.manager.readFiles();
  const child = set.start(['refresh']);
  set.server.faults.add({ kind: 'change', run: () => void child.kill('SIGTERM') }, { times: 1 });
  set.server.faults.add({ kind: 'silence' });
  const result = await waitFor(child);
  expect(result.code).toBe(1);
  expect(result.stderr).toContain('SIGTERM');
  expect(set.manager.readFiles()).toEqual(files);
  expect(set.manager.takeAlerts().map(({ fired }) => fired?.id)).toEqual([100_627]);
});

test('stopped while the engine loads: it is too late for nothing, so it is done', async () => {
  const set = await setUpRefreshed();
  const child = set.start(['refresh']);
  set.manager.faults.add({ kind: 'run', work: () => void child.kill('SIGTERM') });
  expect(await waitFor(child)).toMatchObject({ code: 0 });
  expect(set.manager.readFiles()['lists/opencti-win-destination-ip']).toContain('185.220.101.77');
  expect(set.manager.takeAlerts()).toEqual([]);
});

test('nobody to alert: the run says so', async () => {
  const set = await setUpRefreshed();
  set.server.faults.add({ kind: 'status', status: 503 });
  set.manager.queue.close();
  const { code, stderr } = await set.run(['refresh']);
  expect(code).toBe(1);
  expect(stderr).toMatch(/no alert could be raised in Wazuh: .*queue: ECONNREFUSED/);
});

test('two at once: the second one leaves the first alone', async () => {
  const set = await setUpRefreshed();
  let begin = () => {};
  const begun = new Promise<void>((resolve) => {
    begin = resolve;
  });
  const child = set.start(['refresh']);
  set.server.faults.add({ kind: 'change', run: () => begin() }, { times: 1 });
  set.server.faults.add({ kind: 'slow', milliseconds: 4_000 }, { times: 1 });
  const ended = new Promise<number | null>((resolve) => child.on('close', resolve));
  await begun;
  await expectFailure(set, {
    code: 1,
    step: 'lock',
    message: new RegExp(`process ${child.pid} is at work on this manager`),
  });
  expect(await ended).toBe(0);
  expect(set.manager.readFiles()['lists/opencti-win-destination-ip']).toContain('185.220.101.77');
});
