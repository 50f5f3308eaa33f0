import {
  appendFileSync,
  cpSync,
  existsSync,
  mkdirSync,
  readFileSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { type FakeManager, startFakeManager } from '../fake-manager/fake-manager.ts';
import { demoToken } from '../platform/server.ts';
import { runCli } from '../support/cli.ts';
import { openOpenCti } from '../support/opencti.ts';
import { sites } from '../support/sites/index.ts';
import { type LaidOutManager, layOutManager, snapshot } from './laid-out-manager.ts';

const conf = sites['as the packages of 4.14 write it'] ?? '';
const access = { OPENCTI_URL: 'https://opencti.example', OPENCTI_TOKEN: 'a-token-of-the-tests' };

function run(manager: Pick<LaidOutManager, 'home' | 'etc'>, args: readonly string[], more = {}) {
  const unasked = args[0] === 'install' ? ['--no-probe'] : [];
  return runCli([...args, ...unasked, '--etc', manager.etc], { WAZUH_HOME: manager.home, ...more });
}

const event = (decoder: string, data: object) =>
  `${JSON.stringify({
    timestamp: '2026-11-30T05:00:12.500+0000',
    rule: { level: 3, id: '86601', groups: ['ids'] },
    agent: { id: '001', name: 'sensor' },
    decoder: { name: decoder },
    data,
    location: '/var/log/site.json',
  })}\n`;

const events = {
  suricata: event('json', { event_type: 'alert', src_ip: '10.0.0.7', dest_ip: '45.83.64.1' }),
  zeek: event('json', { id: { orig_h: '10.0.0.7', resp_h: '45.83.64.1' }, conn_state: 'SF' }),
  office365: event('json', {
    integration: 'office365',
    office365: { Operation: 'UserLoggedIn', ClientIP: '45.83.64.1' },
  }),
} as const;

function writeLog(home: string, log: 'alerts' | 'archives', ...lines: readonly string[]): void {
  mkdirSync(join(home, 'logs', log), { recursive: true });
  appendFileSync(join(home, 'logs', log, `${log}.json`), lines.join(''));
}

const pathOf = ({ home }: { home: string }) => join(home, 'etc/opencti-wazuh.yml');
const configOf = (manager: { home: string }) => readFileSync(pathOf(manager), 'utf8');
const declaredOf = ({ home }: { home: string }) =>
  [
    ...readFileSync(join(home, 'etc/ossec.conf'), 'latin1').matchAll(/<list>etc\/lists\/(opencti-[\w-]+)</g),
  ].map(([, name]) => name);

describe('a source whose events are in the logs', () => {
  test('is switched on in a new configuration, with its lists, and the dry run says so', async () => {
    const manager = layOutManager(conf);
    writeLog(manager.home, 'alerts', events.suricata);
    writeLog(manager.home, 'archives', events.suricata, events.zeek);
    const withLogs = snapshot(manager.home);
    const line = 'source suricata: seen in alerts, switched on\nsource zeek: seen in archives, switched on\n';
    const dry = await run(manager, ['install', '--dry-run'], access);
    expect(dry.stdout).toContain(line);
    expect(snapshot(manager.home)).toEqual(withLogs);
    const { code, stdout } = await run(manager, ['install'], access);
    expect(code).toBe(0);
    expect(stdout).toContain(line);
    expect(configOf(manager)).toMatch(/\nsources:\n {2}suricata: on\n {2}zeek: on\n$/);
    expect(declaredOf(manager)).toContain('opencti-suricata-tls-sni');
    expect(existsSync(join(manager.home, 'etc/lists/opencti-suricata-tls-sni'))).toBe(true);
    const again = await run(manager, ['install']);
    expect(again.stdout).toMatch(/nothing to change/);
    await run(manager, ['uninstall']);
    expect(snapshot(manager.home)).toEqual(withLogs);
  });

  test('is not looked for in a check, nor in an export', async () => {
    const manager = layOutManager(conf);
    await run(manager, ['install'], access);
    const before = configOf(manager);
    expect(before).not.toMatch(/^sources:/m);
    writeLog(manager.home, 'alerts', events.suricata);
    await run(manager, ['check'], access);
    expect(configOf(manager)).toBe(before);
  });

  test('that comes later is switched on by the next installation', async () => {
    const manager = layOutManager(conf);
    const before = snapshot(manager.home);
    await run(manager, ['install'], access);
    const written = configOf(manager);
    mkdirSync(join(manager.home, 'logs/alerts'), { recursive: true });
    writeLog(manager.home, 'alerts', events.office365);
    const { stdout } = await run(manager, ['install']);
    expect(stdout).toMatch(/change {2}\S+opencti-wazuh\.yml +sources that were seen\n/);
    expect(stdout).toContain('source office365: seen in alerts, switched on');
    expect(configOf(manager)).toBe(`${written}sources:\n  office365: on\n`);
    writeFileSync(join(manager.home, 'logs/alerts/alerts.json'), '');
    expect((await run(manager, ['install'])).stdout).toMatch(/nothing to change/);
    // Nobody has edited what install wrote twice.
    expect((await run(manager, ['uninstall'])).stdout).not.toContain('stays');
    const after = snapshot(manager.home);
    expect(Object.keys(after).filter((name) => !(name in before))).toEqual(['logs/alerts/alerts.json']);
  });

  test('stays as the site has it, whatever that is', async () => {
    for (const chosen of ['off', 'auto', '{ level: 5 }', '{ rows: { dns: on } }']) {
      const manager = layOutManager(conf);
      writeFileSync(pathOf(manager), `sources: { suricata: ${chosen} }\n`);
      writeLog(manager.home, 'alerts', events.suricata);
      const { code, stdout, stderr } = await run(manager, ['install']);
      expect(code, stderr).toBe(0);
      expect(stdout).not.toContain('switched on');
      expect(configOf(manager)).toBe(`sources: { suricata: ${chosen} }\n`);
    }
  });

  test('is added to a configuration of the site, which gets back what it was', async () => {
    const manager = layOutManager(conf);
    const text = '# r\xe9seau\nopencti:\n  url: https://cti.example # ours\nselect: { min_score: 61 }\n';
    writeFileSync(pathOf(manager), text, 'latin1');
    const before = snapshot(manager.home);
    writeLog(manager.home, 'alerts', events.suricata);
    const withLogs = snapshot(manager.home);
    expect((await run(manager, ['install'])).code).toBe(0);
    expect(readFileSync(pathOf(manager), 'latin1')).toBe(`${text}sources:\n  suricata: on\n`);
    const kept = join(manager.home, 'backup/opencti-wazuh/opencti-wazuh.yml');
    expect(statSync(join(kept, '..')).mode & 0o7777).toBe(0o700);
    writeLog(manager.home, 'archives', events.zeek);
    await run(manager, ['install']);
    expect(readFileSync(pathOf(manager), 'latin1')).toBe(`${text}sources:\n  zeek: on\n  suricata: on\n`);
    await run(manager, ['uninstall']);
    const after = snapshot(manager.home);
    expect(after['etc/opencti-wazuh.yml']).toBe(before['etc/opencti-wazuh.yml']);
    expect(Object.keys(after).filter((name) => !(name in withLogs))).toEqual(['logs/archives/archives.json']);
  });

  test('and a configuration that a person has changed since stays as that person left it', async () => {
    const manager = layOutManager(conf);
    writeFileSync(pathOf(manager), 'opencti: { url: https://cti.example }\n');
    writeLog(manager.home, 'alerts', events.suricata);
    await run(manager, ['install']);
    const edited = `${configOf(manager)}select: { min_score: 70 }\n`;
    writeFileSync(pathOf(manager), edited);
    await run(manager, ['install']);
    await run(manager, ['uninstall']);
    expect(configOf(manager)).toBe(edited);
  });

  test('stays on when --config is given again on a day without its events', async () => {
    const manager = layOutManager(conf);
    const file = join(manager.home, '../my.yml');
    writeFileSync(file, 'select: { min_score: 61 }\n');
    writeLog(manager.home, 'alerts', events.suricata);
    await run(manager, ['install', '-c', file], access);
    expect(configOf(manager)).toContain('sources:\n  suricata: on\n');
    writeFileSync(join(manager.home, 'logs/alerts/alerts.json'), '');
    writeFileSync(file, 'select: { min_score: 62 }\n');
    const { stdout } = await run(manager, ['install', '-c', file], access);
    expect(stdout).toContain('source suricata: seen before, switched on');
    expect(configOf(manager)).toContain('min_score: 62');
    expect(configOf(manager)).toContain('sources:\n  suricata: on\n');
  });

  test('is found in the last 64 MB, and no further', async () => {
    const manager = layOutManager(conf);
    const filler = `${'x'.repeat(1023)}\n`.repeat(1024);
    mkdirSync(join(manager.home, 'logs/alerts'), { recursive: true });
    writeLog(manager.home, 'alerts', events.suricata, filler, events.office365);
    for (let written = 0; written < 63; written += 1) writeLog(manager.home, 'alerts', filler);
    const { stdout } = await run(manager, ['install', '--dry-run'], access);
    expect(stdout).toContain('source office365: seen in alerts');
    expect(stdout).not.toContain('source suricata');
  });
});

interface Refreshed extends LaidOutManager {
  readonly fake: FakeManager;
  refresh(): Promise<void>;
}

/** A manager with an engine and a platform, refreshed when it is told to. */
async function startRefreshed(declaration = ''): Promise<Refreshed> {
  const fake = await startFakeManager({ isDeclared: false });
  const { etc } = layOutManager('');
  const path = join(fake.home, 'etc/ossec.conf');
  if (declaration !== '') {
    const text = readFileSync(path, 'utf8');
    writeFileSync(path, text.replace('</ruleset>', `  ${declaration}\n  </ruleset>`));
    fake.engine.load();
  }
  const { url } = await openOpenCti({ observables: 40 });
  const manager = { home: fake.home, etc, conf: path };
  const given = { OPENCTI_URL: url, OPENCTI_TOKEN: demoToken };
  const installed = await run(manager, ['install', '--restart'], given);
  expect(installed, installed.stderr).toMatchObject({ code: 0 });
  return {
    ...manager,
    fake,
    async refresh() {
      const { code, stderr } = await runCli(['refresh', '--force'], { WAZUH_HOME: fake.home });
      expect(code, stderr).toBe(0);
    },
  };
}

function setSuricata(manager: { home: string }, state: 'on' | 'auto' | 'off'): void {
  const text = configOf(manager).replace(/^sources:\n.*\n/m, '');
  writeFileSync(pathOf(manager), `${text}sources:\n  suricata: ${state}\n`);
}

describe('a source that goes off again', () => {
  const list = 'opencti-suricata-tls-sni';
  const isThere = ({ home }: { home: string }) => existsSync(join(home, 'etc/lists', list));

  test('leaves neither a declaration nor a list', async () => {
    const manager = await startRefreshed();
    await manager.refresh();
    const before = declaredOf(manager);
    setSuricata(manager, 'on');
    expect((await run(manager, ['install'])).code).toBe(0);
    await manager.refresh();
    expect(declaredOf(manager)).toContain(list);
    expect(readFileSync(join(manager.home, 'etc/lists', list), 'utf8').split('\n').length).toBeGreaterThan(3);
    setSuricata(manager, 'auto');
    // The rules on the disk still read the lists, and the engine would complain.
    const off = await run(manager, ['install']);
    expect(off, off.stderr).toMatchObject({ code: 0 });
    expect(off.stdout).toMatch(
      /after the next refresh run opencti-wazuh install again, .* out of ossec\.conf/,
    );
    expect(declaredOf(manager)).toContain(list);
    await manager.refresh();
    expect(readFileSync(join(manager.home, 'etc/lists', list), 'utf8').split('\n')).toHaveLength(2);
    const out = await run(manager, ['install']);
    expect(out, out.stderr).toMatchObject({ code: 0 });
    expect(declaredOf(manager)).toEqual(before);
    await manager.refresh();
    expect(isThere(manager)).toBe(false);
    expect((await run(manager, ['install'])).stdout).toMatch(/nothing to change\n$/);
  });

  test('keeps its list with one canary from the refresh on, and gives up line and file one after the other', async () => {
    const fake = await startFakeManager({ isDeclared: false });
    const { etc } = layOutManager('');
    const { url } = await openOpenCti({ observables: 40 });
    const manager = { home: fake.home, etc };
    const before = { ...snapshot(manager.home), etc: JSON.stringify(snapshot(etc)) };
    writeFileSync(pathOf(manager), 'sources: { suricata: on }\nguards: { min_reload_interval: 0s }\n');
    const opencti = { OPENCTI_URL: url, OPENCTI_TOKEN: demoToken };
    const refresh = async () => {
      const { code, stderr } = await runCli(['refresh'], { WAZUH_HOME: manager.home });
      expect(code, stderr).toBe(0);
    };
    const installed = await run(manager, ['install', '--restart', '--replace'], opencti);
    expect(installed, installed.stderr).toMatchObject({ code: 0 });
    await refresh();
    expect(readFileSync(join(manager.home, 'etc/lists', list), 'utf8').split('\n').length).toBeGreaterThan(3);

    writeFileSync(pathOf(manager), configOf(manager).replace('suricata: on', 'suricata: off'));
    await refresh();
    expect(readFileSync(join(manager.home, 'etc/lists', list), 'utf8')).toMatch(
      /^\S+:opencti-wazuh-canary\n$/,
    );
    expect(fake.engine.loaded?.lists.has(`etc/lists/${list}`)).toBe(true);

    expect((await run(manager, ['install'])).code).toBe(0);
    expect(declaredOf(manager)).not.toContain(list);
    expect(isThere(manager)).toBe(true);
    await refresh();
    expect(isThere(manager)).toBe(false);
    expect(existsSync(join(manager.home, 'etc/lists', `${list}.cdb`))).toBe(false);
    expect((await run(manager, ['install'])).stdout).toMatch(/nothing to change\n$/);
    expect((await run(manager, ['uninstall', '--purge'])).code).toBe(0);
    expect({ ...snapshot(manager.home), etc: JSON.stringify(snapshot(etc)) }).toEqual(before);
  });

  test('is declared on if the site has declared it, with nothing but a canary', async () => {
    const manager = await startRefreshed(`<list>etc/lists/${list}</list>`);
    setSuricata(manager, 'on');
    await run(manager, ['install']);
    await manager.refresh();
    setSuricata(manager, 'off');
    for (let round = 0; round < 2; round += 1) {
      const { code, stderr } = await run(manager, ['install']);
      expect(code, stderr).toBe(0);
      await manager.refresh();
    }
    expect(declaredOf(manager)).toContain(list);
    expect(readFileSync(join(manager.home, 'etc/lists', list), 'utf8').split('\n')).toHaveLength(2);
  });
});

test('our decoders of DNS queries come with the installation, and go with all else', async () => {
  const fake = await startFakeManager({ isDeclared: false });
  const { etc } = layOutManager('');
  const { url } = await openOpenCti({ observables: 40 });
  const manager = { home: fake.home, etc };
  const opencti = `opencti: { url: "${url}", token: ${demoToken} }`;
  writeFileSync(
    pathOf(manager),
    `${opencti}\nrules: { dns_decoders: on }\nsources: { dns_servers: on } # ours\n`,
  );
  const before = snapshot(manager.home);
  const installed = await run(manager, ['install', '--restart']);
  expect(installed, installed.stderr).toMatchObject({ code: 0 });
  const decoders = ['0154-opencti-dns-decoders.xml', 'zzzz-opencti-dns-decoders.xml'];
  for (const name of decoders) expect(existsSync(join(manager.home, 'etc/decoders', name)), name).toBe(true);
  const gates = () => readFileSync(join(manager.home, 'etc/rules/0011-opencti-gates.xml'), 'utf8');
  expect(gates()).toContain('<decoded_as>opencti-dnsmasq</decoded_as>');
  expect((await run(manager, ['install'])).stdout).toMatch(/nothing to change\n$/);
  const refreshed = await runCli(['refresh'], { WAZUH_HOME: manager.home });
  expect(refreshed.code, refreshed.stderr).toBe(0);
  expect(gates()).toContain('<decoded_as>opencti-dnsmasq</decoded_as>');
  const gone = await run(manager, ['uninstall']);
  expect(gone).toMatchObject({ code: 0, stderr: '' });
  expect(snapshot(manager.home)).toEqual(before);
});

test('a worker declares what the rules of the master read, and leaves its sources to the master', async () => {
  const master = layOutManager(conf);
  writeFileSync(pathOf(master), 'sources: { suricata: on }\n');
  expect((await run(master, ['install'])).code).toBe(0);
  const cluster = '<cluster><node_type>worker</node_type><disabled>no</disabled></cluster>';
  const worker = layOutManager(conf.replace('</ossec_config>', `${cluster}</ossec_config>`));
  // As the cluster copies them.
  for (const folder of ['etc/lists', 'etc/rules', 'etc/decoders'])
    cpSync(join(master.home, folder), join(worker.home, folder), { recursive: true });
  writeLog(worker.home, 'alerts', events.office365);
  const { code, stdout, stderr } = await run(worker, ['install'], access);
  expect(code, stderr).toBe(0);
  expect(stdout).toContain(
    'source office365: seen in alerts; where the master does not look it up yet, write',
  );
  expect(configOf(worker)).not.toMatch(/^sources:/m);
  expect(declaredOf(worker).sort()).toEqual(declaredOf(master).sort());
  expect((await run(worker, ['install'])).stdout).toMatch(/nothing to change\n$/);
});
