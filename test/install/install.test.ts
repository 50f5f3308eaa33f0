import { spawn } from 'node:child_process';
import {
  chmodSync,
  copyFileSync,
  existsSync,
  mkdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { type Change, findMachine } from '../../src/commands/install/machine.ts';
import { applyChanges, readEntry } from '../../src/files/transaction.ts';
import { startFakeManager } from '../fake-manager/fake-manager.ts';
import { isRoot, wazuhId } from '../fake-manager/home.ts';
import { demoToken } from '../platform/server.ts';
import { cliPath, runCli, waitFor } from '../support/cli.ts';
import { openOpenCti } from '../support/opencti.ts';
import { oldSites, sites } from '../support/sites/index.ts';
import { type LaidOutManager, layOutManager, localRules, snapshot } from './laid-out-manager.ts';
import { documentedRules, putOldIntegration } from './old-site.ts';

const access = { OPENCTI_URL: 'https://opencti.example', OPENCTI_TOKEN: 'a-token-of-the-tests' };

function run(manager: LaidOutManager, args: readonly string[], more: Record<string, string> = access) {
  const unasked = args[0] === 'install' ? ['--no-probe'] : [];
  return runCli([...args, ...unasked, '--etc', manager.etc], { WAZUH_HOME: manager.home, ...more });
}

const all = (manager: LaidOutManager): Record<string, string> => ({
  ...snapshot(manager.home),
  etc: JSON.stringify(snapshot(manager.etc)),
});

/** A manager with an engine, whose `ossec.conf` is this one. */
async function startSite(conf: string): Promise<LaidOutManager> {
  const { home, engine } = await startFakeManager();
  const { etc } = layOutManager('');
  writeFileSync(join(home, 'etc/ossec.conf'), conf, 'latin1');
  writeFileSync(join(home, 'etc/rules/local_rules.xml'), localRules, 'latin1');
  engine.load();
  return { home, etc, conf: join(home, 'etc/ossec.conf') };
}

/** The engine reads no rules of such a block, so that a refresh has nothing to do there. */
const withoutFolders = 'with a ruleset and nothing in it';

describe.each(Object.entries(sites))('a manager whose ossec.conf is %s', (name, conf) => {
  test('gets all of it, refreshes, and is as before to the byte when it is taken out', async () => {
    const manager = await startSite(conf);
    const { url } = await openOpenCti({ observables: 40 });
    const before = all(manager);
    const installed = await run(manager, ['install'], { OPENCTI_URL: url, OPENCTI_TOKEN: demoToken });
    expect(installed).toMatchObject({ code: 0, stderr: '' });
    const after = all(manager);
    expect(after['integrations/custom-opencti']).toMatch(/^file 750 /);
    const again = await run(manager, ['install'], {});
    expect(again.stdout).toBe(`All is installed in ${manager.home}: nothing to change\n`);
    expect(all(manager)).toEqual(after);

    const refreshed = await runCli(['refresh'], { WAZUH_HOME: manager.home });
    expect(refreshed.code, refreshed.stderr).toBe(name === withoutFolders ? 2 : 0);
    const gone = await run(manager, ['uninstall'], {});
    expect(gone).toMatchObject({ code: 0, stderr: '' });
    expect(all(manager)).toEqual(before);
  });
});

test('a dry run says all that it would do, each with its path, and does nothing', async () => {
  const manager = layOutManager(sites['as the packages of 4.14 write it'] ?? '');
  const before = all(manager);
  const { code, stdout } = await run(manager, ['install', '--dry-run']);
  expect(code).toBe(0);
  expect(stdout).toMatch(/create {2}\S+\/integrations\/custom-opencti +what integratord runs\n/);
  expect(stdout).toMatch(/change {2}\S+\/etc\/ossec\.conf +lists, integration, age of the lists\n/);
  expect(stdout).toMatch(/\n\nA dry run: nothing was changed\n$/);
  expect(all(manager)).toEqual(before);
  await run(manager, ['install']);
  const installed = all(manager);
  const gone = await run(manager, ['uninstall', '--dry-run']);
  expect(gone.stdout).toMatch(/remove {2}\S+\/etc\/cron\.d\/opencti-wazuh/);
  expect(all(manager)).toEqual(installed);
});

test('each file has the owner and the mode that the manager needs', async () => {
  const manager = layOutManager(sites['as the packages of 4.14 write it'] ?? '');
  const look = (path: string) => {
    const stats = statSync(join(manager.home, path));
    return [(stats.mode & 0o7777).toString(8), stats.uid, stats.gid];
  };
  const before = look('etc/ossec.conf');
  await run(manager, ['install']);
  // In the official packages etc/lists belongs to root, and the sockets to the manager's user.
  const { uid, gid } = statSync(join(manager.home, 'queue/sockets'));
  const own = process.getuid?.();
  expect(look('integrations/custom-opencti')).toEqual(['750', own, gid]);
  for (const name of ['custom-opencti.cjs', 'custom-opencti.json', 'custom-opencti.node-path'])
    expect(look(`integrations/${name}`)).toEqual(['640', own, gid]);
  expect(look('etc/opencti-wazuh.yml')).toEqual(['640', own, gid]);
  expect(look('etc/opencti-token')).toEqual(['640', own, gid]);
  expect(look('etc/lists/opencti-fim-md5')).toEqual(['660', uid, gid]);
  expect(look('etc/rules/0011-opencti-gates.xml')).toEqual(['660', uid, gid]);
  expect(look('etc/decoders/zzzz-opencti-decoder.xml')).toEqual(['660', uid, gid]);
  expect(look('etc/ossec.conf')).toEqual(before);
  for (const name of ['', '/state', '/previous', '/previous/lists'])
    expect(look(`var/opencti-wazuh${name}`), name).toEqual(['750', uid, gid]);
  expect(look('var/opencti-wazuh/run')).toEqual(['700', uid, gid]);
  expect(look('backup/opencti-wazuh/install.json')[0]).toBe('600');
});

test('the next steps are told, and the token by none of it', async () => {
  const manager = layOutManager(sites['as the packages of 4.14 write it'] ?? '');
  const { stdout } = await run(manager, ['install']);
  expect(stdout).toContain(`${manager.home}/bin/wazuh-control restart`);
  expect(stdout).toMatch(
    /1\. restart.*\n {2}2\. fill the lists: opencti-wazuh refresh\n {2}3\. check the installation/,
  );
  expect(stdout).not.toContain(access.OPENCTI_TOKEN);
  expect(readFileSync(join(manager.home, 'backup/opencti-wazuh/install.json'), 'utf8')).not.toContain(
    access.OPENCTI_TOKEN,
  );
  const cron = readFileSync(join(manager.etc, 'cron.d/opencti-wazuh'), 'utf8');
  expect(cron).toMatch(/^\d+ \* \* \* \* \S+ \S*node \S*\/bin\/opencti-wazuh refresh >\/dev\/null$/m);
  expect(cron).toContain(`WAZUH_HOME=${manager.home}\n`);
  const bare = await run(layOutManager(sites['in one line'] ?? ''), ['install'], {});
  expect(bare.stdout).toMatch(/1\. set opencti\.url in .*\n {2}2\. put the API token into a file/);
});

test.each([
  ['names no folder for rules', '', ' has no <rule_dir>etc/rules</rule_dir>'],
  [
    'names another folder for rules, which is not there',
    '<rule_dir>etc/regeln</rule_dir>',
    ' has no <rule_dir>etc/rules</rule_dir>, and line 1 names etc/regeln, a folder that is not there',
  ],
])('where ossec.conf %s the first step is to write it, as refresh says', async (_, named, problem) => {
  const ruleset = `<ruleset>${named}<decoder_dir>etc/decoders</decoder_dir></ruleset>`;
  const manager = layOutManager(`<ossec_config>${ruleset}</ossec_config>\n`);
  const { code, stdout, stderr } = await run(manager, ['install']);
  expect(code, stderr).toBe(0);
  const next = 'write <rule_dir>etc/rules</rule_dir> into its <ruleset> block, then restart the manager';
  expect(stdout).toContain(`Next\n  1. ${next}: ossec.conf${problem}\n`);
  const refreshed = await runCli(['refresh'], { WAZUH_HOME: manager.home });
  expect(refreshed.code).toBe(2);
  expect(refreshed.stderr).toContain(`${manager.conf}${problem}; ${next}: nothing was changed`);
});

test('a configuration that a person has changed is never written over, and stays', async () => {
  const manager = layOutManager(sites['indented by tabs'] ?? '');
  const config = join(manager.home, 'etc/opencti-wazuh.yml');
  await run(manager, ['install']);
  const edited = `${readFileSync(config, 'utf8')}select: { min_score: 60 }\n`;
  writeFileSync(config, edited);
  await run(manager, ['install']);
  expect(readFileSync(config, 'utf8')).toBe(edited);
  const { stdout } = await run(manager, ['uninstall']);
  expect(stdout).toContain(`${config} stays`);
  expect(readFileSync(config, 'utf8')).toBe(edited);
  expect(Object.keys(snapshot(manager.home)).filter((name) => /opencti/.test(name))).toEqual([
    'etc/opencti-token',
    'etc/opencti-wazuh.yml',
  ]);
  await run(manager, ['uninstall', '--purge']);
  expect(Object.keys(snapshot(manager.home)).filter((name) => /opencti/.test(name))).toEqual([]);
});

test('a change of the configuration reaches the integration by the next install', async () => {
  const manager = layOutManager(sites['indented by tabs'] ?? '');
  const config = join(manager.home, 'etc/opencti-wazuh.yml');
  await run(manager, ['install']);
  writeFileSync(config, readFileSync(config, 'utf8').replace('opencti.example', 'other.example'));
  const { stdout } = await run(manager, ['install'], {});
  expect(stdout).not.toContain('restart the manager');
  expect(readFileSync(join(manager.home, 'integrations/custom-opencti.json'), 'utf8')).toContain(
    'other.example',
  );
});

test('a systemd timer in the place of cron, and none at all', async () => {
  const manager = layOutManager(sites['indented by tabs'] ?? '');
  const before = all(manager);
  await run(manager, ['install']);
  const { stdout } = await run(manager, ['install', '--schedule', 'systemd']);
  expect(stdout).toContain('systemctl start opencti-wazuh.timer');
  expect(Object.keys(snapshot(manager.etc)).filter((name) => name.includes('opencti'))).toEqual([
    'logrotate.d/opencti-wazuh',
    'systemd/system/opencti-wazuh.service',
    'systemd/system/opencti-wazuh.timer',
    'systemd/system/timers.target.wants/opencti-wazuh.timer',
  ]);
  await run(manager, ['install', '--schedule', 'none']);
  expect(Object.keys(snapshot(manager.etc)).filter((name) => name.includes('opencti'))).toEqual([
    'logrotate.d/opencti-wazuh',
  ]);
  const gone = await run(manager, ['uninstall']);
  expect(gone.stdout).not.toContain('systemctl');
  expect(all(manager)).toEqual(before);
  await run(manager, ['install', '--schedule', 'systemd']);
  expect((await run(manager, ['uninstall'])).stdout).toContain('systemctl stop opencti-wazuh.timer');
  expect(all(manager)).toEqual(before);
});

test('a Node that has moved reaches all that calls it, by the next install', async () => {
  const manager = layOutManager(sites['as the packages of 4.14 write it'] ?? '');
  await run(manager, ['install']);
  const node = join(manager.home, '../node-moved');
  copyFileSync(process.execPath, node);
  const child = spawn(node, [cliPath, 'install', '--etc', manager.etc], {
    env: { PATH: process.env.PATH ?? '', WAZUH_HOME: manager.home },
  });
  const { stdout } = await waitFor(child);
  expect(stdout).toMatch(/change {2}\S+\/etc\/ossec\.conf/);
  expect(stdout).toContain('1. restart the manager');
  const text = readFileSync(manager.conf, 'latin1');
  expect(text).toContain(`<command>WAZUH_HOME=${manager.home} ${node} `);
  expect(text.match(/<alias>opencti-wazuh<\/alias>/g)).toHaveLength(1);
  expect(readFileSync(join(manager.etc, 'cron.d/opencti-wazuh'), 'utf8')).toContain(` ${node} `);
  expect(readFileSync(join(manager.home, 'integrations/custom-opencti.node-path'), 'utf8')).toBe(`${node}\n`);
  await run(manager, ['uninstall']);
  expect(readFileSync(manager.conf, 'latin1')).toBe(sites['as the packages of 4.14 write it']);
});

/** A program of the manager that writes how it was called, and ends with a status. */
function putProgram({ home }: LaidOutManager, name: string, body: string): void {
  writeFileSync(join(home, 'bin', name), `#!/bin/sh\necho "${name} $*" >>${home}/../calls\n${body}\n`);
  chmodSync(join(home, 'bin', name), 0o755);
}

const calls = ({ home }: LaidOutManager) => readFileSync(join(home, '../calls'), 'utf8').trim().split('\n');

test('what the engine refuses is taken back', async () => {
  const manager = layOutManager(sites['as the packages of 4.14 write it'] ?? '');
  const compile = `touch ${manager.home}/etc/lists/opencti-fim-md5.cdb`;
  putProgram(manager, 'wazuh-analysisd', `${compile}; echo "CRITICAL: (1220): no" >&2; exit 1`);
  const before = all(manager);
  const { code, stderr } = await run(manager, ['install', '--restart']);
  expect(code).toBe(1);
  expect(stderr).toMatch(
    /all is as it was before: wazuh-analysisd -t: exit code 1\n {2}CRITICAL: \(1220\): no/,
  );
  expect(all(manager)).toEqual(before);
  expect(calls(manager)).toEqual(['wazuh-analysisd -t']);
});

test('--restart restarts once, behind the check; a manager that does not start gets back what it had', async () => {
  const manager = layOutManager(sites['as the packages of 4.14 write it'] ?? '');
  putProgram(manager, 'wazuh-analysisd', 'exit 0');
  putProgram(manager, 'wazuh-control', `grep -q opencti ${manager.conf} && exit 1; exit 0`);
  const before = all(manager);
  const failed = await run(manager, ['install', '--restart']);
  expect(failed).toMatchObject({ code: 1 });
  expect(failed.stderr).toMatch(/all is as it was before, it runs again as before/);
  expect(all(manager)).toEqual(before);
  expect(calls(manager)).toEqual(['wazuh-analysisd -t', 'wazuh-control restart', 'wazuh-control restart']);
  putProgram(manager, 'wazuh-control', 'exit 0');
  const { stdout } = await run(manager, ['install', '--restart']);
  expect(stdout).not.toContain('restart the manager');
  await run(manager, ['install', '--restart']);
  expect(calls(manager).slice(3)).toEqual(['wazuh-analysisd -t', 'wazuh-control restart']);
});

test('an ossec.conf that is a link, or that the engine cannot read, is left alone by both', async () => {
  const text = sites['as the packages of 4.14 write it'] ?? '';
  const manager = layOutManager(text);
  await run(manager, ['install']);
  const installed = readFileSync(manager.conf, 'latin1');
  writeFileSync(manager.conf, installed.replace('</global>', ''), 'latin1');
  const broken = all(manager);
  for (const args of [['install'], ['uninstall'], ['uninstall', '--purge']]) {
    const { code, stderr } = await run(manager, args);
    expect(code, args.join(' ')).toBe(2);
    expect(stderr).toMatch(/ossec\.conf:\d+: the engine cannot read it: .*; correct it first/);
    expect(all(manager)).toEqual(broken);
  }
  const elsewhere = join(manager.home, '../ossec.conf');
  writeFileSync(elsewhere, installed, 'latin1');
  rmSync(manager.conf);
  symlinkSync(elsewhere, manager.conf);
  for (const args of [['install'], ['uninstall']]) {
    const { code, stderr } = await run(manager, args);
    expect(code, args.join(' ')).toBe(2);
    expect(stderr).toContain(`ossec.conf is a symbolic link to ${elsewhere}, and none is followed`);
  }
  expect(readFileSync(elsewhere, 'latin1')).toBe(installed);
});

test('an ossec.conf that somebody writes at the same time is not written over', () => {
  const { home, etc, conf } = layOutManager('<ossec_config>\n</ossec_config>\n');
  const machine = findMachine(home, etc, null);
  const from = readEntry(machine, conf);
  writeFileSync(conf, '<ossec_config>\n<!-- mine -->\n</ossec_config>\n');
  const made = join(home, 'etc/opencti-token');
  const to = { ...from, bytes: Buffer.from('ours') } as const;
  const changes = [
    { path: made, to, why: '' },
    { path: conf, to, from, why: '' },
  ] as readonly Change[];
  expect(() => applyChanges(machine, changes)).toThrow(
    /ossec\.conf was changed by another program meanwhile/,
  );
  expect(readFileSync(conf, 'latin1')).toContain('mine');
  expect(existsSync(made)).toBe(false);
});

test('what cannot be put back is named, and the rest is put back', () => {
  const { home, etc } = layOutManager('');
  const machine = findMachine(home, etc, null);
  const file = (text: string): Change['to'] => ({
    kind: 'file',
    bytes: Buffer.from(text),
    mode: 0o640,
    owner: machine.readable,
  });
  const [first, second] = [join(etc, 'first'), join(home, 'integrations/second')];
  writeFileSync(first, 'first');
  writeFileSync(second, 'second');
  const undo = applyChanges(machine, [
    { path: first, to: file('a') },
    { path: second, to: file('b') },
  ]);
  renameSync(join(home, 'integrations'), join(home, 'moved'));
  writeFileSync(join(home, 'integrations'), 'in the way');
  expect(undo).toThrow(/could not be put back as they were; .*\n.*\/integrations\/second \(/);
  expect(readFileSync(first, 'utf8')).toBe('first');
});

test('a link that leads out of a folder of the manager is not followed', async () => {
  const manager = layOutManager(sites['as the packages of 4.14 write it'] ?? '');
  const outside = join(manager.home, '../outside');
  mkdirSync(outside);
  rmSync(join(manager.home, 'etc/lists'), { recursive: true });
  symlinkSync(outside, join(manager.home, 'etc/lists'));
  const { code, stderr } = await run(manager, ['install']);
  expect(code).toBe(1);
  expect(stderr).toMatch(/etc\/lists is a symbolic link, and none is followed/);
  expect(snapshot(outside)).toEqual({});
});

test.runIf(isRoot)('somebody else than root is told so, and changes nothing', async () => {
  const manager = await startSite(sites['as the packages of 4.14 write it'] ?? '');
  // The manager's user may write etc, and a file of root's there would be its own.
  for (const command of ['install', 'uninstall']) {
    if (command === 'uninstall') await run(manager, ['install']);
    const before = all(manager);
    const env = { PATH: process.env.PATH ?? '', WAZUH_HOME: manager.home, ...access };
    const child = spawn(process.execPath, [cliPath, command, '--etc', manager.etc], {
      env,
      uid: wazuhId,
      gid: wazuhId,
    });
    const { code, stderr } = await waitFor(child);
    expect(code, command).toBe(2);
    expect(stderr).toMatch(/\((?:EACCES|EPERM)\); nothing is changed: run it as root/);
    expect(all(manager)).toEqual(before);
  }
});

test('what a killed installation had begun is taken out, or completed by the next one', async () => {
  const conf = sites['as the packages of 4.14 write it'] ?? '';
  const manager = layOutManager(conf);
  const before = all(manager);
  await run(manager, ['install']);
  const complete = all(manager);
  const stats = statSync(manager.conf);
  // Killed before the last files: ossec.conf is as it was, and the integration is not whole.
  const cut = () => {
    writeFileSync(manager.conf, conf, 'latin1');
    chmodSync(manager.conf, stats.mode);
    rmSync(join(manager.home, 'integrations/custom-opencti.json'));
    rmSync(join(manager.etc, 'cron.d/opencti-wazuh'));
  };
  cut();
  expect((await run(manager, ['install'])).code).toBe(0);
  expect(all(manager)).toEqual(complete);
  cut();
  expect((await run(manager, ['uninstall'])).code).toBe(0);
  expect(all(manager)).toEqual(before);
});

test('where there is no manager, it says so', async () => {
  const { code, stderr } = await runCli(['install'], { WAZUH_HOME: '/nonexistent', ...access });
  expect(code).toBe(2);
  expect(stderr).toMatch(/\/nonexistent\/etc cannot be read \(ENOENT\): is it a Wazuh manager\?/);
});

const layOutOldSite = (conf: string, rules: string) => putOldIntegration(layOutManager(conf), rules);

describe.each(Object.entries(oldSites))('a site with the documented integration %s', (_, conf) => {
  test.each([
    ['among its own rules', localRules + documentedRules],
    ['in a file of their own', documentedRules],
  ])('whose rules stand %s is left alone until --adopt, and gets all back', async (_name, rules) => {
    const manager = putOldIntegration(await startSite(conf), rules);
    const { url } = await openOpenCti({ observables: 40 });
    const before = all(manager);
    const refused = await run(manager, ['install']);
    expect(refused.code).toBe(2);
    const line = (id: number) => rules.slice(0, rules.indexOf(`id="${id}"`)).split('\n').length;
    for (const id of [100623, 100624, 100625])
      expect(refused.stderr).toContain(`etc/rules/local_rules.xml:${line(id)}: rule ${id} of the documented`);
    expect(refused.stderr).toMatch(
      /ossec\.conf:\d+: <integration> custom-opencti with the groups sysmon_event1/,
    );
    expect(refused.stderr).toContain(`${manager.home}/integrations/custom-opencti.py: another script`);
    expect(all(manager)).toEqual(before);

    const adopted = await run(manager, ['install', '--adopt'], {
      OPENCTI_URL: url,
      OPENCTI_TOKEN: demoToken,
    });
    expect(adopted).toMatchObject({ code: 0, stderr: '' });
    const refreshed = await runCli(['refresh'], { WAZUH_HOME: manager.home });
    expect(refreshed.code, refreshed.stderr).toBe(0);
    expect(await run(manager, ['install'], {})).toMatchObject({
      code: 0,
      stdout: expect.stringMatching(/^All is/),
    });
    expect((await run(manager, ['uninstall'])).code).toBe(0);
    expect(all(manager)).toEqual(before);
  });
});

test('uninstall takes nothing of the documented integration where this tool was never installed', async () => {
  const manager = layOutOldSite(oldSites['as documented'] ?? '', documentedRules);
  const before = all(manager);
  const { code, stdout } = await run(manager, ['uninstall', '--purge'], {});
  expect({ code, stdout }).toEqual({ code: 0, stdout: `Nothing of opencti-wazuh is in ${manager.home}\n` });
  expect(all(manager)).toEqual(before);
});

test('URL and token of the old block serve where there are no others', async () => {
  const manager = layOutOldSite(oldSites['as documented'] ?? '', documentedRules);
  await run(manager, ['install', '--adopt'], {});
  const settings = JSON.parse(readFileSync(join(manager.home, 'integrations/custom-opencti.json'), 'utf8'));
  expect(settings).toMatchObject({
    url: 'https://opencti.example/graphql',
    token: 'REPLACE-ME-WITH-A-VALID-TOKEN',
  });
  expect(readFileSync(join(manager.home, 'etc/opencti-token'), 'utf8')).toBe(
    'REPLACE-ME-WITH-A-VALID-TOKEN\n',
  );
  expect(readFileSync(manager.conf, 'utf8')).toContain('<!--opencti-wazuh:off <api_key>');
});

test('an id that another rule of the site has cannot be adopted', async () => {
  const rules = localRules.replace('100001', '100625');
  const manager = layOutOldSite(sites['indented by tabs'] ?? '', rules);
  const before = all(manager);
  const { code, stderr } = await run(manager, ['install', '--adopt']);
  expect(code).toBe(2);
  expect(stderr).toContain(
    "1 rule of this site has an id of ours, and ours load first, so the engine would drop the site's: 100625 (etc/rules/local_rules.xml:3); free here, for the configuration: rules.first_id: 100000\n",
  );
  expect(all(manager)).toEqual(before);
});

test('a rule of the site that hangs under an old rule is named, since it would lose its parent', async () => {
  const child = localRules.replace('<if_group>syscheck_file</if_group>', '<if_sid>100625</if_sid>');
  const manager = layOutOldSite(oldSites['as documented'] ?? '', documentedRules + child);
  const before = all(manager);
  const { code, stderr } = await run(manager, ['install', '--adopt']);
  expect(code).toBe(2);
  expect(stderr).toMatch(
    /nothing was changed: rule 100001 \(etc\/rules\/local_rules\.xml:\d+\) of this site hangs below rule 100625 of ours and would load before it: move it into a file whose name sorts after zzzz-opencti-rules\.xml/,
  );
  expect(all(manager)).toEqual(before);
});

describe('what a session over the new files says, before the engine is told to take them', () => {
  /** A manager with a rule of its own, of which the engine says this in the session after the changes. */
  async function installWith(said: { codemsg: number; messages: string[] } | 'nothing') {
    const manager = await startFakeManager({ isDeclared: false, hasLogtest: said !== 'nothing' });
    const { etc } = layOutManager('');
    const site = { home: manager.home, etc, conf: join(manager.home, 'etc/ossec.conf') };
    writeFileSync(join(manager.home, 'etc/rules/local_rules.xml'), localRules, 'latin1');
    // The first session is over the files as they are.
    if (said !== 'nothing')
      manager.faults.add({
        kind: 'session-run',
        work: () => manager.faults.add({ kind: 'session-says', ...said }),
      });
    const before = all(site);
    const result = await run(site, ['install']);
    return { manager, before, after: all(site), ...result };
  }

  test('is a refusal: all is as it was, and the engine was asked nothing else', async () => {
    const refused = "ERROR: (1226): Error reading XML file 'etc/rules/zzzz-opencti-rules.xml': XMLERR";
    const messages = [refused, 'ERROR: (7311): Failure to initializing session'];
    const { manager, before, after, code, stderr } = await installWith({ codemsg: -1, messages });
    expect({ code, after }).toEqual({ code: 1, after: before });
    expect(stderr).toContain(
      `the engine refuses this configuration, and all is as it was before: a logtest session:\n  ${refused}\n  next: correct that file`,
    );
    expect(stderr).not.toContain('7311');
    expect(manager.asked).toEqual([]);
  });

  test('is that a rule of the site would be left out: it is named with its place', async () => {
    const lost = "WARNING: (7619): Empty 'if_sid' value. Rule '100001' will be ignored.";
    const { before, after, code, stderr } = await installWith({ codemsg: 1, messages: [lost] });
    expect({ code, after }).toEqual({ code: 2, after: before });
    expect(stderr).toContain(
      "the rules of this manager would not load as they do now, and all is as it was before:\n  (7619): Empty 'if_sid' value. Rule '100001' will be ignored. (etc/rules/local_rules.xml:3)",
    );
  });

  test('is a doubt: the installation stands', async () => {
    const doubt =
      "WARNING: (7613): Rule ID '100001' does not exist but 'overwrite' is set to 'yes'. Still, the rule will be loaded.";
    const { manager, code } = await installWith({ codemsg: 1, messages: [doubt] });
    expect(code).toBe(0);
    expect(manager.openSessions.size).toBe(0);
  });

  test('is nothing where it takes no sessions: its own check protects it', async () => {
    const { manager, code, stderr } = await installWith('nothing');
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(manager.asked).toEqual(['check']);
  });
});

test('a <list> line that is new comes with a hot reload, and only the integration needs a restart', async () => {
  const manager = await startFakeManager({ isDeclared: false });
  const { etc } = layOutManager('');
  const site = { home: manager.home, etc, conf: join(manager.home, 'etc/ossec.conf') };
  const first = await run(site, ['install', '--restart']);
  expect(first.code, first.stderr).toBe(0);
  expect(manager.asked).toEqual(['check', 'restart']);
  const line = /^.*<list>etc\/lists\/opencti-fim-md5<\/list>\n/m;
  writeFileSync(site.conf, readFileSync(site.conf, 'latin1').replace(line, ''), 'latin1');
  manager.engine.load();
  expect(manager.engine.loaded?.lists.has('etc/lists/opencti-fim-md5')).toBe(false);
  manager.asked.splice(0);
  const second = await run(site, ['install', '--restart']);
  expect(second.code, second.stderr).toBe(0);
  expect(second.stdout).not.toMatch(/restart the manager/);
  expect(manager.asked).toEqual(['check', 'reload']);
  expect(manager.engine.loaded?.lists.has('etc/lists/opencti-fim-md5')).toBe(true);
});

test('a manager that was removed first leaves nothing of ours', async () => {
  const manager = await startFakeManager({ isDeclared: false });
  const { etc } = layOutManager('');
  const site = { home: manager.home, etc, conf: join(manager.home, 'etc/ossec.conf') };
  const before = snapshot(etc);
  expect(await run(site, ['install'])).toMatchObject({ code: 0 });
  expect(snapshot(etc)).not.toEqual(before);
  // What a package takes out when it goes: all that it brought, and no folder that is not empty.
  for (const path of [
    'etc/ossec.conf',
    'bin',
    'queue',
    'ruleset',
    'etc/decoders/local_decoder.xml',
    'logs/ossec.log',
  ])
    rmSync(join(manager.home, path), { recursive: true, force: true });
  const dry = await run(site, ['uninstall', '--dry-run'], {});
  expect(dry.stdout).toMatch(/remove {2}\S+\/cron\.d\/opencti-wazuh/);
  expect(await run(site, ['uninstall'], {})).toMatchObject({ code: 0, stderr: '' });
  expect(snapshot(etc)).toEqual(before);
  expect(Object.keys(snapshot(manager.home)).filter((name) => /opencti/.test(name))).toEqual([]);
  expect((await run(site, ['uninstall'], {})).stdout).toBe(
    `Nothing of opencti-wazuh is in ${manager.home}\n`,
  );
});

test('where the home itself is gone, the schedule goes, and that of another manager stays', async () => {
  const { home, etc } = layOutManager(sites['as the packages of 4.14 write it'] ?? '');
  const before = snapshot(etc);
  expect(await run({ home, etc, conf: '' }, ['install'])).toMatchObject({ code: 0 });
  const elsewhere = await run({ home: '/nonexistent/other', etc, conf: '' }, ['uninstall'], {});
  expect(elsewhere).toMatchObject({ code: 0, stdout: 'Nothing of opencti-wazuh is in /nonexistent/other\n' });
  rmSync(home, { recursive: true });
  expect(await run({ home, etc, conf: '' }, ['uninstall'], {})).toMatchObject({ code: 0, stderr: '' });
  expect(snapshot(etc)).toEqual(before);
});
