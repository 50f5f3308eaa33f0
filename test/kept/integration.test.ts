import { spawn } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { type FakeManager, startFakeManager } from '../fake-manager/fake-manager.ts';
import { isRoot, setOwner, wazuhId } from '../fake-manager/home.ts';
import { launcher } from '../integration/support/manager.ts';
import { writeIndicator, writeObservable } from '../platform/data/written.ts';
import { demoToken } from '../platform/server.ts';
import { runCli, waitFor } from '../support/cli.ts';
import { makeFolder } from '../support/folder.ts';
import { openOpenCti } from '../support/opencti.ts';
import { readMessages } from '../support/sample-events.ts';
import { clock, normalise, openRecordings } from './recording.ts';
import { listRowAlerts, toQuery } from './row-events.ts';

const { expectKept, expectAllCompared } = openRecordings('integration');

const written = [
  writeObservable({ id: 'a6', entity_type: 'IPv6-Addr', value: '2A00:1450:4009:081E::200E' }),
  writeObservable({ id: 'gone', entity_type: 'Domain-Name', value: 'gone.bad-name.net' }),
  writeObservable({ id: 'dead-soon', entity_type: 'Domain-Name', value: 'dead.bad-name.net' }),
];

const revocation = writeIndicator({
  id: 'revoked-since',
  pattern: "[domain-name:value = 'dead.bad-name.net']",
  revoked: true,
});

describe.runIf(isRoot)('the installed integration', () => {
  test('what the engine says of each message, and the integration of each alert', {
    timeout: 180_000,
  }, async () => {
    const manager = await startFakeManager({ isDeclared: false });
    const server = await openOpenCti({ written: { observables: written } });
    await installAndRefresh(manager, server.url);

    const fired = [...readMessages()].map(([name, message]) => formatFired(manager, name, message));
    expectKept('engine.txt', fired.join('\n'));

    const alerts = [...listRowAlerts()];
    expectKept('up.txt', await runAll(manager, alerts));
    forget(manager);
    // The lists have both still.
    server.data.observables.remove('gone');
    server.data.indicators.add(revocation);
    expectKept('not-confirmed.txt', await runAll(manager, unconfirmedAlerts));
    forget(manager);
    server.faults.add({ kind: 'status', status: 503 });
    const some = alerts.filter(([name]) => /^(?:sysmon22|syscheck-added|linux)/.test(name));
    expectKept('failing.txt', await runAll(manager, some.slice(0, 3)));
    forget(manager);
    await server.close();
    expectKept('down.txt', await runAll(manager, some));
  });

  expectAllCompared();
});

const unconfirmedAlerts = [
  ['a name that OpenCTI has no more', toQuery('gone.bad-name.net')],
  ['the same once more', toQuery('gone.bad-name.net')],
  ['a name that was revoked since', toQuery('dead.bad-name.net')],
  ['a name that no list has', toQuery('unknown.bad-name.net')],
  ['no name', toQuery('evil.com:443')],
  ['an alert without data', { id: '1.1', rule: { id: '100649', level: 12, groups: ['opencti_match'] } }],
  ['an event of the project', { ...toQuery('sazoya.com'), data: { integration: 'opencti' } }],
] as const;

async function installAndRefresh({ home }: FakeManager, url: string): Promise<void> {
  const etc = makeFolder();
  for (const name of ['cron.d', 'logrotate.d']) mkdirSync(join(etc, name));
  const access = { WAZUH_HOME: home, OPENCTI_URL: url, OPENCTI_TOKEN: demoToken, ...clock };
  for (const args of [['install', '--restart', '--etc', etc], ['refresh']]) {
    const { code, stderr } = await runCli(args, access);
    expect(code, stderr).toBe(0);
  }
}

function formatFired({ engine }: FakeManager, name: string, message: string): string {
  const rule = engine.fire(message);
  if (rule === null) return `${name}: nothing`;
  return `${name}: ${rule.id}, level ${rule.level}, ${rule.groups.join(',')}\n  ${rule.description}`;
}

/** One after the other, as integratord does: what the one has learnt, the next one knows. */
async function runAll(manager: FakeManager, alerts: Iterable<readonly [string, unknown]>): Promise<string> {
  const texts: string[] = [];
  for (const [name, alert] of alerts) texts.push(`${name}\n${await runOne(manager, alert)}`);
  return texts.join('\n');
}

async function runOne(manager: FakeManager, alert: unknown): Promise<string> {
  const { home, queue } = manager;
  const file = join(home, 'tmp/opencti-1795489475-123456.alert');
  writeFileSync(file, `${JSON.stringify(alert)}\n`);
  setOwner(file, 'wazuh', 0o640);
  const logged = readLog(home).length;
  const args = [file, '', '', '', '', '10', '3', '> /dev/null 2>&1'];
  const environment = { PATH: '/usr/bin:/bin', ...clock };
  const user = { uid: wazuhId, gid: wazuhId };
  const child = spawn(launcher, args, { cwd: home, env: environment, ...user });
  const { code, stdout, stderr } = await waitFor(child);
  const messages = queue.drain();
  const parts = [
    `exit code ${code}`,
    ...[stdout, stderr].filter((text) => text !== ''),
    ...messages.flatMap((message) => [`sent  ${message}`, formatFired(manager, 'fires', message)]),
    ...readLog(home)
      .slice(logged)
      .map((line) => `log   ${line}`),
  ];
  return `${normalise(parts.join('\n'), { [home]: '<home>' })}\n`;
}

function readLog(home: string): string[] {
  const file = join(home, 'logs/opencti-wazuh.log');
  return existsSync(file) ? readFileSync(file, 'utf8').trimEnd().split('\n') : [];
}

/** The cache and the breaker of the integration go. */
function forget({ home }: FakeManager): void {
  const folder = join(home, 'var/opencti-wazuh/run');
  for (const name of readdirSync(folder)) rmSync(join(folder, name), { recursive: true });
}
