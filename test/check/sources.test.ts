import { appendFileSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { type InstalledManager, startInstalledManager } from '../fake-manager/installed.ts';

interface Line {
  readonly state: string;
  readonly subject: string;
  readonly text: string;
  readonly next: string | null;
}

async function sourcesOf(manager: InstalledManager): Promise<Line[]> {
  const { stdout } = await manager.run('check', '--json', '--etc', manager.etc);
  return (JSON.parse(stdout) as Line[]).filter(({ subject }) => subject === 'sources');
}

const textsOf = (lines: readonly Line[]) => lines.map(({ state, text }) => `${state} ${text}`);
const pathOf = (manager: InstalledManager) => join(manager.home, 'etc/opencti-wazuh.yml');

/** Runs a test with this at the end of the configuration. */
function configure(manager: InstalledManager, text: string): void {
  const before = readFileSync(pathOf(manager), 'utf8').replace(/^# tests\n[\s\S]*/m, '');
  writeFileSync(pathOf(manager), `${before}# tests\n${text}`);
}

function editConf(manager: InstalledManager, change: (text: string) => string): void {
  const path = join(manager.home, 'etc/ossec.conf');
  writeFileSync(path, change(readFileSync(path, 'latin1')), 'latin1');
}

function writeLog(
  manager: InstalledManager,
  log: 'alerts' | 'archives',
  decoder: string,
  data: object,
): void {
  const folder = join(manager.home, 'logs', log);
  mkdirSync(folder, { recursive: true });
  const event = { timestamp: '2026-11-30T05:00:12.500+0000', decoder: { name: decoder }, data };
  appendFileSync(join(folder, `${log}.json`), `${JSON.stringify({ ...event, location: 'site' })}\n`);
}

const flow = { event_type: 'flow', src_ip: '10.0.0.7', dest_ip: '45.83.64.1' };

test('the sources that are looked up, and what is not known, each in one line', async () => {
  const manager = await startInstalledManager();
  expect(textsOf(await sourcesOf(manager))).toEqual([
    'ok looked up: sysmon, sysmon_linux, fim, logins, firewalls, suricata, windows_logons, windows_firewall, windows_rdp, windows_dns',
    expect.stringMatching(
      /^ok cannot be seen without archives, since logall_json is off: dns_servers, .*zeek.*; write sources\.<name>: on where you have one$/,
    ),
    expect.stringMatching(
      /^ok off, since this manager does not load their decoder: logins\.accepted \(vsftpd, .*\), cisco\.\w+ \(cisco-asa/,
    ),
    'ok events of listed values are taken from stock rules that count them: logins.accepted from 40112; firewalls.outbound from 81619',
  ]);
  editConf(manager, (text) => text.replace('<global>', '<global><logall_json>yes</logall_json>'));
  expect(textsOf(await sourcesOf(manager)).join('\n')).not.toContain('cannot be seen');
});

test('a source that is seen and off is a warning, until it is on or refused', async () => {
  const manager = await startInstalledManager();
  writeLog(manager, 'archives', 'json', flow);
  writeLog(manager, 'archives', 'json', {
    id: { orig_h: '10.0.0.7', resp_h: '45.83.64.1' },
    conn_state: 'SF',
  });
  const seen = async () => (await sourcesOf(manager)).filter(({ text }) => text.startsWith('seen, but off'));
  expect(await seen()).toMatchObject([
    {
      state: 'warning',
      text: 'seen, but off: suricata (in archives), zeek (in archives)',
      next: expect.stringMatching(/^run opencti-wazuh install, .* or write sources\.<name>: on into it$/),
    },
  ]);
  const { stdout } = await manager.run('install', '--etc', manager.etc);
  expect(stdout).toContain(
    'source suricata: seen in archives, switched on\nsource zeek: seen in archives, switched on\n',
  );
  expect(await seen()).toEqual([]);
  configure(manager, '');
  const text = readFileSync(pathOf(manager), 'utf8');
  writeFileSync(
    pathOf(manager),
    text.replace('suricata: on', 'suricata: off').replace('zeek: on', 'zeek: auto'),
  );
  // What the site has decided is no matter of a warning.
  expect((await seen()).map((line) => line.text)).toEqual(['seen, but off: zeek (in archives)']);
  const rows = '{ rows: { dns: off, http: off, tls: off, file: off } }';
  writeFileSync(pathOf(manager), text.replace('suricata: on', `suricata: ${rows}`));
  expect(await seen()).toEqual([]);
  writeFileSync(pathOf(manager), text.replace('suricata: on', 'suricata: { rows: { dns: off } }'));
  expect((await seen()).map((line) => line.text)).toEqual(['seen, but off: suricata (in archives)']);
});

test('a source that is on and silent is no fault', async () => {
  const manager = await startInstalledManager();
  configure(manager, 'sources: { suricata: on, squid: on }\n');
  const texts = textsOf(await sourcesOf(manager));
  // Without archives nothing can be said of squid.
  expect(texts).toContain('ok on, and no event was seen: suricata');
  expect(texts.find((text) => text.includes('cannot be seen'))).toMatch(/ squid[,;]/);
});

test('a row that is named and whose decoder is not loaded is a warning', async () => {
  const manager = await startInstalledManager();
  configure(
    manager,
    'sources:\n  web_servers: { rows: { request: on } }\n  dns_servers: on\n  custom: [{ field: site.name, kinds: [name], decoder: site-dns }]\n',
  );
  const lines = await sourcesOf(manager);
  expect(lines.filter(({ state }) => state === 'warning')).toMatchObject([
    {
      text: expect.stringMatching(
        /^off, since this manager does not load their decoder: web_servers\.request \(web-accesslog, .*\), custom\.site\.name \(site-dns\)$/,
      ),
      next: expect.stringMatching(/^have ossec\.conf load the decoder/),
    },
  ]);
  expect(textsOf(lines)).toContain(
    'ok queries of BIND 9.11 and later, dnsmasq and Pi-hole are not decoded, since rules.dns_decoders is off',
  );
});

const response = (condition: string) =>
  `<command><name>firewall-drop</name><executable>firewall-drop</executable></command>\n<active-response><command>firewall-drop</command><location>local</location>${condition}</active-response>\n</ossec_config>`;

test('active responses that an alert starts are named, with those that would block a host of the site', async () => {
  const manager = await startInstalledManager();
  const responses = async () =>
    (await sourcesOf(manager)).filter(({ text }) => text.startsWith('active response'));
  const original = readFileSync(join(manager.home, 'etc/ossec.conf'), 'latin1');
  const put = (condition: string) =>
    editConf(manager, () => original.replace(/<\/ossec_config>\s*$/, response(condition)));
  put('<rules_group>opencti_login</rules_group>');
  expect(textsOf(await responses())).toEqual([
    expect.stringMatching(
      /^ok active response firewall-drop \(ossec\.conf:\d+\) is started by an alert of logins\.accepted$/,
    ),
  ]);
  // The row is on by itself: its rule has no_ar.
  put('<rules_group>opencti_outbound</rules_group>');
  expect(await responses()).toEqual([]);
  configure(manager, 'sources: { firewalls: { rows: { outbound: on } } }\n');
  expect(await responses()).toMatchObject([
    {
      state: 'warning',
      text: expect.stringMatching(
        / is started by an alert of firewalls\.outbound, whose srcip is a host of this site$/,
      ),
      next: expect.stringMatching(/^take these rows out of sources\.<name>\.rows/),
    },
  ]);
  put('<level>6</level>');
  const [all] = await responses();
  expect(all?.text).toMatch(/ is started by an alert of sysmon\.\w+, .* and \d+ more$/);
  rmSync(join(manager.home, 'integrations/custom-opencti.json'));
  const { stdout } = await manager.run('install', '--dry-run', '--no-probe', '--etc', manager.etc);
  expect(stdout).toContain(`\n${all?.text}\n`);
  expect(stdout).toContain('\nevents of listed values are taken from stock rules that count them: ');
});
