import {
  chmodSync,
  chownSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { usualPlaces } from '../../src/commands/check/access.ts';
import { isRoot, wazuhId } from '../fake-manager/home.ts';
import { type InstalledManager, startDaemon, startInstalledManager } from '../fake-manager/installed.ts';
import { runCli } from '../support/cli.ts';
import { openOpenCti } from '../support/opencti.ts';
import { createAuthority } from '../support/tls.ts';

interface Line {
  readonly state: 'ok' | 'warning' | 'problem' | 'not-looked';
  readonly subject: string;
  readonly text: string;
  readonly next: string | null;
}

async function check(
  manager: InstalledManager,
  environment: Record<string, string> = {},
): Promise<{ code: number | null; lines: Line[] }> {
  const args = ['check', '--json', '--etc', manager.etc];
  const { code, stdout, stderr } = await runCli(args, { WAZUH_HOME: manager.home, ...environment });
  expect(stderr).toBe('');
  return { code, lines: JSON.parse(stdout) };
}

const bad = ({ lines }: { lines: Line[] }) => lines.filter(({ state }) => state !== 'ok');

test.runIf(isRoot)('on a manager that is well every line is ok', async () => {
  const manager = await startInstalledManager();
  const { code, lines } = await check(manager);
  expect(bad({ lines })).toEqual([]);
  expect(code).toBe(0);
  expect(lines.map(({ subject }) => subject)).toEqual([
    'config',
    'token',
    'files',
    'folders',
    'OpenCTI',
    'rights',
    'TLS',
    'engine',
    'environment',
    'ossec.conf',
    'lists',
    'freshness',
    'rules',
    'shadows',
    ...Array.from({ length: 4 }, () => 'sources'),
    'hashes',
    'alerts',
    'integration',
    'script',
    'integratord',
    'Node',
    'schedule',
    'schedule',
  ]);
  const { stdout } = await manager.run('check', '--etc', manager.etc);
  expect(stdout).toMatch(/^ok {7}config {7}it is read without a fault$/m);
  expect(stdout).toMatch(/\n0 problems, 0 warnings, 26 ok\n$/);
  chmodSync(join(manager.home, 'integrations/custom-opencti'), 0o777);
  const faulty = await manager.run('check', '--etc', manager.etc);
  expect(faulty.stdout).toMatch(/\n1 problem, 0 warnings, 25 ok\n$/);
});

type Undo = () => void;

interface Fault {
  readonly name: string;
  plant(manager: InstalledManager): Undo;
  readonly environment?: Record<string, string>;
  readonly state: 'warning' | 'problem';
  readonly subject: string;
  readonly text: RegExp;
  readonly next: RegExp;
}

/** The state as an installation leaves it. @param age in milliseconds. */
function neverRefreshed(age: number) {
  return edit('var/opencti-wazuh/state/refresh.json', (text) => {
    const installedAt = new Date(Date.now() - age);
    return JSON.stringify({ ...JSON.parse(text), runs: [], confirmed: null, appliedAt: null, installedAt });
  });
}

/** Keeps what is at a path, whatever is done to it. */
function keep(path: string): Undo {
  const before = existsSync(path) ? { stats: statSync(path), bytes: readFileSync(path) } : null;
  return () => {
    rmSync(path, { recursive: true, force: true });
    if (before === null) return;
    const { stats, bytes } = before;
    writeFileSync(path, bytes);
    chownSync(path, stats.uid, stats.gid);
    chmodSync(path, stats.mode & 0o7777);
    utimesSync(path, stats.atime, stats.mtime);
  };
}

const at = (manager: InstalledManager, path: string) => join(manager.home, path);

function edit(path: string, change: (text: string) => string) {
  return (manager: InstalledManager): Undo => {
    const file = at(manager, path);
    const undo = keep(file);
    const pid = pidFile(manager, 'wazuh-integratord');
    const before = readFileSync(file, 'latin1');
    const after = change(before);
    expect(after, path).not.toBe(before);
    writeFileSync(file, after, 'latin1');
    // integratord of a moment ago has read this one, or else that is one more fault.
    const soon = Date.now() / 1_000 + 60;
    utimesSync(pid, soon, soon);
    return undo;
  };
}

function pidFile(manager: InstalledManager, daemon: string): string {
  const folder = at(manager, 'var/run');
  const name = readdirSync(folder).find((each) => each.startsWith(`${daemon}-`)) ?? '';
  return join(folder, name);
}

/** Makes a process of another name that has the id of the daemon. */
function recycle(daemon: string) {
  return (manager: InstalledManager): Undo => {
    const file = pidFile(manager, daemon);
    const other = join(dirname(file), `${daemon}-${process.pid}.pid`);
    renameSync(file, other);
    return () => renameSync(other, file);
  };
}

/** Of the folders of cron and systemd. */
function editCron(change: (text: string) => string) {
  return ({ etc }: InstalledManager): Undo => {
    const file = join(etc, 'cron.d/opencti-wazuh');
    const undo = keep(file);
    const before = readFileSync(file, 'utf8');
    expect(change(before)).not.toBe(before);
    writeFileSync(file, change(before));
    return undo;
  };
}

function chmod(path: string, mode: number) {
  return (manager: InstalledManager): Undo => {
    const file = at(manager, path);
    const before = statSync(file).mode & 0o7777;
    chmodSync(file, mode);
    return () => chmodSync(file, before);
  };
}

function put(path: string, text: string) {
  return (manager: InstalledManager): Undo => {
    const undo = keep(at(manager, path));
    mkdirSync(dirname(at(manager, path)), { recursive: true });
    writeFileSync(at(manager, path), text);
    return undo;
  };
}

/** Opens the home of a manager and one of its folders to all users. */
function openFolders({ home }: InstalledManager, name: string): Undo {
  const folders = [home, join(home, name)].map((path) => ({ path, mode: statSync(path).mode & 0o7777 }));
  for (const { path } of folders) chmodSync(path, 0o755);
  return () => {
    for (const { path, mode } of folders) chmodSync(path, mode);
  };
}

function remove(path: string) {
  return (manager: InstalledManager): Undo => {
    const undo = keep(at(manager, path));
    rmSync(at(manager, path));
    return undo;
  };
}

const rule = (id: number, more: string) =>
  `<group name="site,"><rule id="${id}" ${more}<description>of the site</description></rule></group>\n`;

const sysmon = (hashes: string) =>
  `${JSON.stringify({ rule: { id: '92000' }, data: { win: { eventdata: { hashes } } } })}\n`;

const config = 'etc/opencti-wazuh.yml';
const conf = 'etc/ossec.conf';

const faults: readonly Fault[] = [
  {
    name: 'a misspelt key',
    plant: edit(config, (text) => `${text}guard: {}\n`),
    state: 'problem',
    subject: 'config',
    text: /guard is not a key that is known; did you mean "guards"\?/,
    next: /correct it/,
  },
  {
    name: 'a token that every user can read',
    plant: chmod('etc/opencti-token', 0o644),
    state: 'problem',
    subject: 'token',
    text: /etc\/opencti-token can be read by every user \(mode 644\)/,
    next: /^chown root:wazuh \S+etc\/opencti-token; chmod 640/,
  },
  {
    name: 'a token that the manager cannot read',
    plant: chmod('etc/opencti-token', 0o600),
    state: 'problem',
    subject: 'token',
    text: /etc\/opencti-token cannot be read by the manager's user: its mode is 600$/,
    next: /chmod 640/,
  },
  {
    name: 'an OpenCTI that is not there',
    plant: () => () => {},
    environment: { OPENCTI_URL: 'http://127.0.0.1:9' },
    state: 'problem',
    subject: 'OpenCTI',
    text: /127\.0\.0\.1:9/,
    next: /^look the message up in \/\S+\/docs\/messages\.md$/,
  },
  {
    name: 'a token that is refused',
    plant: () => () => {},
    environment: { OPENCTI_TOKEN: 'not-this-one' },
    state: 'problem',
    subject: 'OpenCTI',
    text: /refused the token/,
    next: /^look the message up in \/\S+\/docs\/messages\.md$/,
  },
  {
    name: 'a list that is not declared',
    plant: edit(conf, (text) => text.replace(/ *<list>etc\/lists\/opencti-win-query-name<\/list>\n/, '')),
    state: 'problem',
    subject: 'ossec.conf',
    text: /^ossec\.conf does not declare opencti-win-query-name$/,
    next: /opencti-wazuh install/,
  },
  {
    name: 'a second ruleset block',
    plant: edit(
      conf,
      (text) =>
        `${text}<ossec_config><ruleset><rule_dir>ruleset/rules</rule_dir><rule_dir>etc/rules</rule_dir></ruleset></ossec_config>\n`,
    ),
    state: 'warning',
    subject: 'ossec.conf',
    text: /it has 2 <ruleset> blocks \(lines \d+, \d+\)/,
    next: /into one block/,
  },
  {
    name: 'a list that is gone',
    plant: remove('etc/lists/opencti-fim-md5'),
    state: 'problem',
    subject: 'lists',
    text: /etc\/lists\/opencti-fim-md5 is not there/,
    next: /opencti-wazuh refresh/,
  },
  {
    name: 'a list that somebody else has written',
    plant(manager) {
      // The session in which the engine checks the rules compiles the list.
      const undo = [
        keep(at(manager, 'etc/lists/opencti-fim-sha1.cdb')),
        edit('etc/lists/opencti-fim-sha1', (text) => text.split('\n').slice(1).join('\n'))(manager),
      ];
      return () => {
        for (const each of undo) each();
      };
    },
    state: 'problem',
    subject: 'lists',
    text: /etc\/lists\/opencti-fim-sha1 has \d+ entries, and the last refresh wrote \d+/,
    next: /does another program write/,
  },
  {
    name: 'a database that was not compiled',
    plant: remove('etc/lists/opencti-win-hash.cdb'),
    state: 'problem',
    subject: 'lists',
    text: /opencti-win-hash was not compiled/,
    next: /^run opencti-wazuh refresh, which has the engine compile it anew$/,
  },
  {
    name: 'lists that are stale',
    plant: edit('var/opencti-wazuh/state/refresh.json', (text) =>
      text.replace(/"at": "2\d{3}/, '"at": "2001'),
    ),
    state: 'problem',
    subject: 'freshness',
    text: /last confirmed 2001-.*longer than guards\.max_age/,
    next: /cron or the timer/,
  },
  {
    name: 'an installation that nobody has refreshed yet',
    plant: neverRefreshed(0),
    state: 'warning',
    subject: 'freshness',
    text: /^not refreshed yet$/,
    next: /^run opencti-wazuh refresh, or wait for the schedule$/,
  },
  {
    name: 'an installation of yesterday that nobody has refreshed',
    plant: neverRefreshed(86_400_000),
    state: 'problem',
    subject: 'freshness',
    text: /^the lists were never confirmed against OpenCTI$/,
    next: /^run opencti-wazuh refresh, and look whether cron or the timer runs it$/,
  },
  {
    name: 'an engine without hot reload that was not restarted',
    plant: edit('var/opencti-wazuh/state/refresh.json', (text) =>
      text.replace(
        '"restartNeededSince": null',
        `"restartNeededSince": "${new Date(Date.now() + 600_000).toISOString()}"`,
      ),
    ),
    state: 'warning',
    subject: 'freshness',
    text: /the engine runs with the lists from before/,
    next: /restart the manager/,
  },
  {
    name: 'a rules file that is gone',
    plant: remove('etc/rules/zzzz-opencti-rules.xml'),
    state: 'problem',
    subject: 'rules',
    text: /^etc\/rules\/zzzz-opencti-rules\.xml is not there$/,
    next: /opencti-wazuh refresh/,
  },
  {
    name: 'an id that another file has taken',
    plant: put('etc/rules/b_site.xml', rule(100_643, 'level="3"><if_sid>61603</if_sid>')),
    state: 'problem',
    subject: 'rules',
    text: /^1 rule of this site has an id of ours, .*: 100643 \(etc\/rules\/b_site\.xml:1\); free here, for the configuration: rules\.first_id: 100000$/,
    next: /^set these, then run opencti-wazuh refresh$/,
  },
  {
    name: 'a gate whose parents are not there',
    plant: edit('etc/rules/0011-opencti-gates.xml', (text) =>
      text.replaceAll('<if_sid>118003</if_sid>', '<if_sid>118099</if_sid>'),
    ),
    state: 'problem',
    subject: 'rules',
    text: /^the engine leaves out a rule of ours: \(7617\): Signature ID '118099' was not found .* \(7619\): .*Rule '118102' will be ignored\. \(etc\/rules\/0011-opencti-gates\.xml:\d+\)$/,
    next: /^run opencti-wazuh refresh$/,
  },
  {
    name: 'rules of the first version',
    plant(manager) {
      const moves = [
        ['0011-opencti-gates.xml', 'zz-opencti-1-gates.xml'],
        ['zzzz-opencti-rules.xml', 'zz-opencti-2-rules.xml'],
      ].map((names) => names.map((name) => at(manager, `etc/rules/${name}`)) as [string, string]);
      for (const [from, to] of moves) renameSync(from, to);
      return () => {
        for (const [from, to] of moves) renameSync(to, from);
      };
    },
    state: 'problem',
    subject: 'rules',
    text: /^the rules are those of an earlier version$/,
    next: /^run opencti-wazuh refresh$/,
  },
  {
    name: 'patterns that did not fit',
    plant: edit('var/opencti-wazuh/state/refresh.json', (text) =>
      text.replace('"gatesCut": []', '"gatesCut": ["win.eventdata.hash"]'),
    ),
    state: 'warning',
    subject: 'rows',
    text: /^win\.eventdata\.hash has no pattern gates, since they did not fit/,
    next: /gates\.max_bytes/,
  },
  {
    name: 'a rules file that stops the engine',
    plant: put('etc/rules/c_site.xml', '<group name="site,"><rule id="100900" level="3">\n'),
    state: 'problem',
    subject: 'rules',
    text: /^the engine refuses the ruleset: \(1226\): Error reading XML file '\S*c_site\.xml'/,
    next: /correct that file/,
  },
  {
    name: 'a ruleset block that the engine refuses',
    plant: edit(conf, (text) => `${text}<ossec_config><ruleset></ruleset></ossec_config>\n`),
    state: 'problem',
    subject: 'ossec.conf',
    text: /the engine refuses it: line \d+: the <ruleset> block is empty/,
    next: /correct it before the next restart/,
  },
  {
    name: 'rules of ours that are excluded',
    plant: edit(conf, (text) =>
      text.replace('</ruleset>', '<rule_exclude>zzzz-opencti-rules.xml</rule_exclude></ruleset>'),
    ),
    state: 'problem',
    subject: 'rules',
    text: /the engine does not load etc\/rules\/zzzz-opencti-rules\.xml: line \d+ has <rule_exclude>/,
    next: /take that line out of its <ruleset> block, then restart the manager/,
  },
  {
    name: 'a folder of rules that is not named',
    plant: edit(conf, (text) => text.replace('<rule_dir>etc/rules</rule_dir>', '')),
    state: 'problem',
    subject: 'ossec.conf',
    text: /has no <rule_dir>etc\/rules<\/rule_dir>/,
    next: /^write <rule_dir>etc\/rules<\/rule_dir> into its <ruleset> block, then restart the manager/,
  },
  {
    name: 'a folder of rules that is not there',
    plant: edit(conf, (text) => text.replace('<rule_dir>etc/rules<', '<rule_dir>etc/regeln<')),
    state: 'problem',
    subject: 'ossec.conf',
    text: /has no <rule_dir>etc\/rules<\/rule_dir>, and line \d+ names etc\/regeln, a folder that is not there$/,
    next: /^write <rule_dir>etc\/rules<\/rule_dir> into its <ruleset> block, then restart the manager$/,
  },
  {
    name: 'an ossec.conf that the engine cannot read',
    plant: edit(conf, (text) => `${text}<ossec_config><ruleset>\n`),
    state: 'problem',
    subject: 'ossec.conf',
    text: /^ossec\.conf:\d+: the engine cannot read it: /,
    next: /^correct it first$/,
  },
  {
    name: 'a rule of level 0 in a folder of the site',
    plant(manager) {
      const undo = [
        put('site/0010-z.rules', rule(100_111, 'level="0"><category>ossec</category>'))(manager),
        edit(conf, (text) =>
          text.replace('</ruleset>', '<rule_dir pattern=".rules$">site</rule_dir></ruleset>'),
        )(manager),
      ];
      return () => {
        for (const each of undo) each();
      };
    },
    state: 'problem',
    subject: 'shadows',
    text: /^rule 100111 \(0010-z\.rules\) can take a match from us and ends the event without an alert: the engine loads its file before 0011-opencti-gates\.xml/,
    next: /^give that rule noalert="1", or its file a name that sorts after 0015$/,
  },
  {
    name: 'a rule of level 0 before a gate',
    plant: put('etc/rules/0010-z.xml', rule(100_111, 'level="0"><if_sid>7</if_sid>')),
    state: 'problem',
    subject: 'shadows',
    text: /^rule 100111 \(0010-z\.xml\) can take a match from us and ends the event without an alert/,
    next: /noalert="1"/,
  },
  {
    name: 'a rule by the level of its parents',
    plant: put('etc/rules/a_site.xml', rule(100_111, 'level="5"><if_level>14</if_level>')),
    state: 'problem',
    subject: 'shadows',
    text: /^rule 100111 \(a_site\.xml\) can take a match from us and raises its own alert \(level 5\): by its if_level it hangs below our rule 118\d{3}$/,
    next: /^name the parents of that rule by if_sid$/,
  },
  {
    name: 'a rule whose if_group is part of a group of ours',
    plant: put('etc/rules/a_site.xml', rule(100_111, 'level="0"><if_group>gate_win</if_group>')),
    state: 'problem',
    subject: 'shadows',
    text: /^rule 100111 \(a_site\.xml\) can take a match from us and ends the event without an alert: its if_group is part of a group of our rule 118\d{3}/,
    next: /^name a group of its own there, or its parents by if_sid$/,
  },
  {
    name: 'a rule that loads after our alert rules and hangs below them',
    plant: put('etc/rules/zzzzz_site.xml', rule(100_111, 'level="0"><if_group>sysmon</if_group>')),
    state: 'problem',
    subject: 'shadows',
    text: /^rule 100111 \(zzzzz_site\.xml\) can take a match from us and ends the event without an alert: its if_group is part of a group of our rule 100640/,
    next: /if_sid/,
  },
  {
    name: 'a rule below a gate',
    plant: put('etc/rules/a_site.xml', rule(100_111, 'level="0"><if_sid>118103</if_sid>')),
    state: 'problem',
    subject: 'shadows',
    text: /^rule 100111 \(a_site\.xml\) .*: it hangs below our gate 118103$/,
    next: /^name the parents of that rule by if_sid$/,
  },
  {
    name: 'composite hashes and no gates for them',
    plant(manager) {
      const undo = [
        edit(config, (text) => `${text}gates: { hashes: off }\n`)(manager),
        put(
          'logs/archives/archives.json',
          sysmon(`SHA1=${'A'.repeat(40)},SHA256=${'B'.repeat(64)}`),
        )(manager),
      ];
      return () => {
        for (const each of undo) each();
      };
    },
    state: 'problem',
    subject: 'hashes',
    text: /1 recent events have sha1, sha256, 1 of them several in one string; .*gates\.hashes is off/,
    next: /gates\.hashes: on/,
  },
  {
    name: 'hashes that OpenCTI has no kind for',
    plant: put('logs/archives/archives.json', sysmon(`IMPHASH=${'A'.repeat(32)}`)),
    state: 'warning',
    subject: 'hashes',
    text: /no known algorithm/,
    next: /have Sysmon write SHA256/,
  },
  {
    name: 'no alerts.json',
    plant: edit(conf, (text) => text.replace('<jsonout_output>yes', '<jsonout_output>no')),
    state: 'problem',
    subject: 'alerts',
    text: /jsonout_output is no/,
    next: /jsonout_output>yes/,
  },
  {
    name: 'alerts of matches that are not written',
    plant: edit(
      conf,
      (text) =>
        `${text}<ossec_config><alerts><log_alert_level>13</log_alert_level></alerts></ossec_config>\n`,
    ),
    state: 'problem',
    subject: 'alerts',
    text: /log_alert_level is 13, and matches have level 12/,
    next: /log_alert_level/,
  },
  {
    name: 'an integration block of other groups',
    plant: edit(conf, (text) => text.replace('<group>opencti_match', '<group>sysmon_event1')),
    state: 'problem',
    subject: 'integration',
    text: /ossec\.conf:\d+: the <integration> takes the groups sysmon_event1/,
    next: /install --adopt/,
  },
  {
    name: 'no integration block',
    plant: edit(conf, (text) => text.replace('<name>custom-opencti', '<name>custom-other')),
    state: 'problem',
    subject: 'integration',
    text: /no <integration> named custom-opencti/,
    next: /opencti-wazuh install/,
  },
  {
    name: 'a token in the block',
    plant: edit(conf, (text) =>
      text.replace('<name>custom-opencti</name>', '<name>custom-opencti</name><api_key>K</api_key>'),
    ),
    state: 'warning',
    subject: 'integration',
    text: /holds an api_key, which every local user can read/,
    next: /opencti\.token_file/,
  },
  {
    name: 'a script that the manager can write',
    plant(manager) {
      const undo = keep(at(manager, 'integrations/custom-opencti'));
      chownSync(at(manager, 'integrations/custom-opencti'), wazuhId, wazuhId);
      return undo;
    },
    state: 'problem',
    subject: 'script',
    text: /integrations\/custom-opencti can be written by the manager's user \(mode 750\): integratord then refuses it/,
    next: /chown root:wazuh/,
  },
  {
    name: 'a bundle that is gone',
    plant: remove('integrations/custom-opencti.cjs'),
    state: 'problem',
    subject: 'script',
    text: /integrations\/custom-opencti\.cjs is not there/,
    next: /opencti-wazuh install/,
  },
  {
    name: 'an older copy of the configuration',
    plant: edit(config, (text) => `${text}integration: { timeout: 3s }\n`),
    state: 'warning',
    subject: 'script',
    text: /another copy of the configuration/,
    next: /opencti-wazuh install/,
  },
  {
    name: 'an integratord that does not run',
    plant(manager) {
      const file = pidFile(manager, 'wazuh-integratord');
      const undo = keep(file);
      rmSync(file);
      return undo;
    },
    state: 'problem',
    subject: 'integratord',
    text: /integratord does not run/,
    next: /restart the manager/,
  },
  {
    name: 'an integratord that was started before the last change',
    plant(manager) {
      const file = pidFile(manager, 'wazuh-integratord');
      const undo = keep(file);
      utimesSync(file, 1_000, 1_000);
      return undo;
    },
    state: 'warning',
    subject: 'integratord',
    text: /started before etc\/ossec\.conf was changed/,
    next: /restart the manager/,
  },
  {
    name: 'an integratord that was started before the integration was there',
    plant(manager) {
      const file = pidFile(manager, 'wazuh-integratord');
      const undo = keep(file);
      utimesSync(file, 1_000, 1_000);
      return undo;
    },
    state: 'problem',
    subject: 'integratord',
    text: /started before the integration was there/,
    next: /restart the manager/,
  },
  {
    name: 'an integratord of another group',
    plant(manager) {
      const file = pidFile(manager, 'wazuh-integratord');
      renameSync(file, `${file}.off`);
      const stop = startDaemon(manager.home, 'wazuh-integratord', {});
      return () => {
        stop();
        renameSync(`${file}.off`, file);
      };
    },
    state: 'problem',
    subject: 'integratord',
    text: /it runs with group 0, and the integration's files are for group 42424/,
    next: /chgrp/,
  },
  {
    name: 'an engine that died, and another program that has its process id',
    plant: recycle('wazuh-analysisd'),
    state: 'problem',
    subject: 'engine',
    text: /wazuh-analysisd does not run/,
    next: /wazuh-control start/,
  },
  {
    name: 'an integratord that died, and another program that has its process id',
    plant: recycle('wazuh-integratord'),
    state: 'problem',
    subject: 'integratord',
    text: /integratord does not run/,
    next: /restart the manager/,
  },
  {
    name: 'an engine that does not run',
    plant(manager) {
      const file = pidFile(manager, 'wazuh-analysisd');
      const undo = keep(file);
      rmSync(file);
      return undo;
    },
    state: 'problem',
    subject: 'engine',
    text: /wazuh-analysisd does not run/,
    next: /wazuh-control start/,
  },
  {
    name: 'a Node that is gone',
    plant: put('integrations/custom-opencti.node-path', '/nonexistent/node\n'),
    state: 'warning',
    subject: 'Node',
    text: /\/nonexistent\/node/,
    next: /opencti-wazuh install/,
  },
  {
    name: 'a Node that is none',
    plant(manager) {
      const fake = at(manager, 'bin/old-node');
      writeFileSync(fake, '#!/bin/sh\necho v18.20.1 true\n', { mode: 0o755 });
      chmodSync(fake, 0o755);
      const close = openFolders(manager, 'bin');
      const undo = put('integrations/custom-opencti.node-path', `${fake}\n`)(manager);
      return () => {
        rmSync(fake);
        close();
        undo();
      };
    },
    state: 'problem',
    subject: 'Node',
    text: /old-node is v18\.20\.1: 20\.19 or later is needed/,
    next: /opencti-wazuh install/,
  },
  {
    name: 'a Node that only root can reach',
    plant(manager) {
      const folder = at(manager, 'root-only');
      mkdirSync(folder, { mode: 0o700 });
      writeFileSync(join(folder, 'node'), '', { mode: 0o755 });
      const undo = put('integrations/custom-opencti.node-path', `${folder}/node\n`)(manager);
      return () => {
        rmSync(folder, { recursive: true });
        undo();
      };
    },
    state: 'problem',
    subject: 'Node',
    text: /cannot be reached by the manager's user: \S+root-only is closed/,
    next: /install Node where every user may run it/,
  },
  {
    name: 'a line of cron that is commented out',
    plant: editCron((text) => text.replace(/^\d+ \*/m, '# $&')),
    state: 'problem',
    subject: 'schedule',
    text: /cron\.d\/opencti-wazuh has no line that runs refresh/,
    next: /opencti-wazuh install/,
  },
  {
    name: 'a line of cron without an end',
    plant: editCron((text) => text.trimEnd()),
    state: 'problem',
    subject: 'schedule',
    text: /has no line that runs refresh/,
    next: /opencti-wazuh install/,
  },
  {
    name: 'a cron file that cron leaves out',
    plant({ etc }) {
      const undo = keep(join(etc, 'cron.d/opencti-wazuh'));
      chmodSync(join(etc, 'cron.d/opencti-wazuh'), 0o666);
      return undo;
    },
    state: 'problem',
    subject: 'schedule',
    text: /cron leaves out \S+: it is not root's alone \(mode 666/,
    next: /chmod 644/,
  },
  {
    name: 'a schedule of another user',
    plant: editCron((text) => text.replace('wazuh /', 'nobody /')),
    state: 'problem',
    subject: 'schedule',
    text: /runs refresh as nobody, and the lists have to be written by wazuh/,
    next: /opencti-wazuh install/,
  },
  {
    name: 'a schedule for another manager',
    plant: editCron((text) => text.replace(/WAZUH_HOME=.*/, 'WAZUH_HOME=/var/other')),
    state: 'problem',
    subject: 'schedule',
    text: /runs refresh for \/var\/other, and this manager is/,
    next: /opencti-wazuh install/,
  },
  {
    name: 'a schedule with a Node that is gone',
    plant: editCron((text) => text.replace(process.execPath, '/opt/old-node/bin/node')),
    state: 'problem',
    subject: 'schedule',
    text: /cannot run refresh as wazuh: \/opt\/old-node is not there/,
    next: /opencti-wazuh install/,
  },
  {
    name: 'a tool that only root can reach',
    plant(manager) {
      const folder = at(manager, 'root-only');
      mkdirSync(folder, { mode: 0o700 });
      writeFileSync(join(folder, 'opencti-wazuh'), '');
      const undo = editCron((text) => text.replace(/\S+\/bin\/opencti-wazuh/, `'${folder}/opencti-wazuh'`))(
        manager,
      );
      return () => {
        rmSync(folder, { recursive: true });
        undo();
      };
    },
    state: 'problem',
    subject: 'schedule',
    text: /cannot run refresh as wazuh: \S+root-only is closed to it \(mode 700\)/,
    next: /opencti-wazuh install/,
  },
  {
    name: 'a tool that does not start',
    plant(manager) {
      const tool = at(manager, 'bin/broken-tool');
      writeFileSync(tool, 'throw new Error("half an upgrade")', { mode: 0o644 });
      const undo = [
        openFolders(manager, 'bin'),
        editCron((text) => text.replace(/\S+\/bin\/opencti-wazuh/, tool))(manager),
      ];
      return () => {
        rmSync(tool);
        for (const each of undo) each();
      };
    },
    state: 'problem',
    subject: 'schedule',
    text: /cannot run the tool as wazuh: .*broken-tool/,
    next: /opencti-wazuh install/,
  },
  {
    name: 'a service of systemd without its timer',
    plant({ etc }) {
      const cron = keep(join(etc, 'cron.d/opencti-wazuh'));
      rmSync(join(etc, 'cron.d/opencti-wazuh'));
      mkdirSync(join(etc, 'systemd/system'), { recursive: true });
      writeFileSync(join(etc, 'systemd/system/opencti-wazuh.service'), '[Service]\n');
      return () => {
        rmSync(join(etc, 'systemd'), { recursive: true });
        cron();
      };
    },
    state: 'problem',
    subject: 'schedule',
    text: /opencti-wazuh\.timer is not there: the timer of systemd never runs refresh/,
    next: /opencti-wazuh install/,
  },
  {
    name: 'a certificate that only root can read',
    plant(manager) {
      const folder = mkdtempSync(join(tmpdir(), 'ca-'));
      writeFileSync(join(folder, 'ca.pem'), createAuthority().cert);
      const undo = edit(config, (text) => text.replace(/^(opencti:)$/m, `$1\n  ca_file: ${folder}/ca.pem`))(
        manager,
      );
      return () => {
        rmSync(folder, { recursive: true });
        undo();
      };
    },
    state: 'problem',
    subject: 'files',
    text: /opencti\.ca_file: \S+ca\.pem is closed to wazuh, who refreshes: \/\S+\/ca-\w+ is closed to it \(mode 700\)/,
    next: /put it below \S+etc, root:wazuh 640/,
  },
  {
    name: 'a configuration that only root can read',
    plant: chmod(config, 0o600),
    state: 'problem',
    subject: 'files',
    text: /the configuration: \S+opencti-wazuh\.yml is closed to wazuh, who refreshes: its mode is 600$/,
    next: /root:wazuh 640/,
  },
  {
    name: 'a native piece that the manager cannot read',
    plant: chmod('integrations/node_modules', 0o700),
    state: 'problem',
    subject: 'script',
    text: /koffi, which opens the socket of the engine's queue: \S+node_modules is closed to it/,
    next: /opencti-wazuh install/,
  },
  {
    name: 'an integration block that leaves matches out',
    plant: edit(conf, (text) =>
      text.replace('<group>opencti_match</group>', '<group>opencti_match</group><level>13</level>'),
    ),
    state: 'problem',
    subject: 'integration',
    text: /ossec\.conf:\d+: the <integration> has <level>13<\/level>, and gets fewer matches/,
    next: /take it out, then restart/,
  },
  {
    name: 'no ossec.conf',
    plant: remove(conf),
    state: 'problem',
    subject: 'manager',
    text: /etc\/ossec\.conf cannot be read \(ENOENT\): is it a Wazuh manager\? Set wazuh\.home/,
    next: /run opencti-wazuh check again/,
  },
  {
    name: 'nothing that runs refresh',
    plant(manager) {
      const file = join(manager.etc, 'cron.d/opencti-wazuh');
      const undo = keep(file);
      rmSync(file);
      return undo;
    },
    state: 'warning',
    subject: 'schedule',
    text: /neither cron nor a timer/,
    next: /opencti-wazuh install/,
  },
  {
    name: 'nobody who asks for the age of the lists',
    plant: edit(conf, (text) => text.replace('<alias>opencti-wazuh<', '<alias>other<')),
    state: 'warning',
    subject: 'schedule',
    text: /does not check how old the lists are/,
    next: /opencti-wazuh install/,
  },
];

/** Each part has a manager of its own, and its own time. */
const partSize = 15;
const parts = faults
  .map((_, at) => faults.slice(at, at + partSize))
  .filter((_, at) => at % partSize === 0)
  .map((part, index) => [index * partSize + 1, index * partSize + part.length, part] as const);

describe.runIf(isRoot)(`each of ${faults.length} planted faults is found, with its next step`, () => {
  test.each(parts)('%i to %i, and none when they are mended', { timeout: 300_000 }, async (_, __, part) => {
    const manager = await startInstalledManager();
    for (const { name, plant, environment = {}, state, subject, text, next } of part) {
      const undo = plant(manager);
      const result = await check(manager, environment);
      undo();
      const found = bad(result).find(
        (line) => line.subject === subject && line.state === state && text.test(line.text),
      );
      expect.soft(found, `${name}: ${JSON.stringify(bad(result))}`).toBeDefined();
      expect.soft(found?.next, name).toMatch(next);
      expect.soft(result.code, name).toBe(bad(result).some((line) => line.state === 'problem') ? 1 : 0);
    }
    expect(bad(await check(manager))).toEqual([]);
  });
});

test('what is tried after ours, or takes no event, is no shadow', async () => {
  const manager = await startInstalledManager();
  const shadows = async () => (await check(manager)).lines.filter(({ subject }) => subject === 'shadows');
  // As sites do it: overwritten base rules, and rules of level 0 below stock rules or categories.
  put('etc/rules/a_site.xml', rule(554, 'level="7" overwrite="yes"><category>ossec</category>'))(manager);
  put('etc/rules/b_site.xml', rule(100_111, 'level="0"><if_sid>61650</if_sid>'))(manager);
  put('etc/rules/c_site.xml', rule(100_112, 'level="0"><if_group>windows,sysmon</if_group>'))(manager);
  put('etc/rules/d_site.xml', rule(100_113, 'level="0"><category>ossec</category>'))(manager);
  put('etc/rules/0010-z.xml', rule(100_114, 'level="0" noalert="1"><if_sid>7</if_sid>'))(manager);
  // A site's own detection on our matches is meant.
  put('etc/rules/zzzzz_site.xml', rule(100_115, 'level="15"><if_sid>100640</if_sid>'))(manager);
  expect(await shadows()).toMatchObject([{ state: 'ok', text: 'no rule of this manager can win over ours' }]);
});

test('a file that the engine does not load is not looked at', async () => {
  const manager = await startInstalledManager();
  put('etc/rules/0010-z.xml', rule(100_111, 'level="0"><if_sid>7</if_sid>'))(manager);
  put('etc/rules/b_site.xml', rule(100_643, 'level="3"><if_sid>61603</if_sid>'))(manager);
  edit(conf, (text) =>
    text.replace(
      '</ruleset>',
      '<rule_exclude>0010-z.xml</rule_exclude><rule_exclude>etc/rules/b_site.xml</rule_exclude></ruleset>',
    ),
  )(manager);
  expect(bad(await check(manager))).toEqual([]);
});

test('where the engine cannot be asked, the line says so and why', async () => {
  const manager = await startInstalledManager();
  rmSync(at(manager, 'queue/sockets/logtest'));
  const { code, lines } = await check(manager);
  expect(lines.find(({ subject }) => subject === 'rules')).toEqual({
    state: 'not-looked',
    subject: 'rules',
    text: 'the engine was not asked whether it takes the rules that lie on the disk: it takes no logtest sessions (it does not run, or <rule_test> of ossec.conf is off)',
    next: 'start the manager, or set <enabled>yes</enabled> in the <rule_test> of ossec.conf and restart it',
  });
  expect(code).toBe(0);
  // What needs no engine is looked at all the same.
  put('etc/rules/b_site.xml', rule(100_643, 'level="3"><if_sid>61603</if_sid>'))(manager);
  expect(bad(await check(manager)).map(({ text }) => text)).toContainEqual(
    expect.stringMatching(/^1 rule of this site has an id of ours/),
  );
});

test('rows that the configuration leaves out are named', async () => {
  const manager = await startInstalledManager();
  const rows = async () => (await check(manager)).lines.filter(({ subject }) => subject === 'rows');
  expect(await rows()).toEqual([]);
  edit(config, (text) => `${text}rules: { linux_decoder: off }\n`)(manager);
  expect(await rows()).toMatchObject([
    { state: 'ok', text: 'hashes of Sysmon for Linux are not looked up: rules.linux_decoder is off' },
  ]);
});

test('a token that may see no marking, or everything', async () => {
  const manager = await startInstalledManager();
  const few = await openOpenCti({}, { markings: [], capabilities: ['BYPASS', 'APIACCESS_USETOKEN'] });
  const { lines } = await check(manager, { OPENCTI_URL: few.url });
  const rights = lines.filter(({ subject }) => subject === 'rights');
  expect(rights.map(({ state, text }) => `${state} ${text}`)).toEqual([
    expect.stringMatching(/^warning the token of .* may see no marking/),
    expect.stringMatching(/^warning .* is an administrator \(BYPASS\)/),
  ]);
});

test('single hashes need no gates; spare algorithms are named', async () => {
  const manager = await startInstalledManager();
  const write = (text: string) => writeFileSync(at(manager, 'logs/archives/archives.json'), text);
  const hashes = async () => (await check(manager)).lines.find(({ subject }) => subject === 'hashes');
  write(sysmon(`SHA256=${'B'.repeat(64)}`));
  expect(await hashes()).toMatchObject({
    state: 'ok',
    text: '1 recent events have sha256, 0 of them several in one string',
  });
  write(sysmon(`SHA256=${'B'.repeat(64)},IMPHASH=${'C'.repeat(32)}`));
  expect((await hashes())?.text).toMatch(
    /1 of them several in one string; gates for sha1, md5 could be left out/,
  );
});

test('a Node is looked for where the launcher looks', () => {
  const launcher = readFileSync(join(import.meta.dirname, '../../bin/custom-opencti'), 'utf8');
  const [, places = ''] = /for node in ([^;]+); do/.exec(launcher) ?? [];
  expect(usualPlaces).toEqual(places.replaceAll('\\\n', ' ').trim().split(/\s+/));
});

test('where there is no manager, that is the one line', async () => {
  const { code, stdout } = await runCli(['check', '--json'], { WAZUH_HOME: '/nonexistent' });
  expect(code).toBe(1);
  expect(JSON.parse(stdout)).toMatchObject([{ state: 'ok' }, { state: 'problem', subject: 'manager' }]);
});
