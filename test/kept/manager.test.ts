import {
  appendFileSync,
  chmodSync,
  existsSync,
  mkdirSync,
  readFileSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { describe, test } from 'vitest';
import { startAlerting, type WrittenAlert } from '../fake-manager/alerting.ts';
import { type FakeManager, startFakeManager } from '../fake-manager/fake-manager.ts';
import { isRoot } from '../fake-manager/home.ts';
import { startDaemons } from '../fake-manager/installed.ts';
import { writeObservable } from '../platform/data/written.ts';
import { demoToken, type OpenCtiServer } from '../platform/server.ts';
import { runCli } from '../support/cli.ts';
import { makeFolder } from '../support/folder.ts';
import { openOpenCti } from '../support/opencti.ts';
import { compareListings, type Listing, listFiles } from './files.ts';
import { clock, normalise, openRecordings, type Replacements } from './recording.ts';

const { expectKept, expectAllCompared } = openRecordings('manager');

/** Databases and sockets of the engine, and the native piece of the integration. */
const isLeftOut = (path: string) =>
  /\.cdb$|^(?:queue\/sockets|var\/run|tmp|programs|logs\/alerts)\b|\/node_modules\//.test(path);

/** Files that a person should read as they are, when a step has changed them. */
const readable = [
  'home/etc/ossec.conf',
  'home/etc/opencti-wazuh.yml',
  'home/integrations/custom-opencti.json',
  'home/integrations/custom-opencti.node-path',
  'etc/cron.d/opencti-wazuh',
  'etc/logrotate.d/opencti-wazuh',
];

/** Only mode and owner of these are compared: they are kept as texts, or only the tool itself reads them. */
const isOpaque = (path: string) =>
  readable.some((each) => each.endsWith(`/${path}`)) ||
  /^(?:var\/opencti-wazuh\/(?:state|run)|backup\/opencti-wazuh|logs)\/|custom-opencti\.cjs$/.test(path);

interface Site {
  readonly manager: FakeManager;
  readonly server: OpenCtiServer;
  /** A folder for what a dry run writes. */
  readonly out: string;
  /** Runs a command, and keeps all that it said and did under a name. */
  step(name: string, ...args: readonly string[]): Promise<void>;
}

async function openSite(): Promise<Site> {
  const manager = await startFakeManager({ isDeclared: false });
  const networks = [
    writeObservable({ id: 'net-4', entity_type: 'IPv4-Addr', value: '31.13.64.0/22' }),
    writeObservable({ id: 'net-6', entity_type: 'IPv6-Addr', value: '2a02:6b8:b::/48' }),
  ];
  const server = await openOpenCti({ observables: 60, indicators: 20, written: { observables: networks } });
  const root = makeFolder();
  const [etc, out] = [join(root, 'etc'), join(root, 'out')];
  for (const name of ['cron.d', 'logrotate.d']) mkdirSync(join(etc, name), { recursive: true });
  const { home } = manager;
  const replacements = { [home]: '<home>', [etc]: '<etc>', [out]: '<out>' };
  const look = () => listAll({ home, etc, out }, replacements);
  let before = look();
  let logged = 0;
  const locate = (path: string) => path.replace(/^home/, home).replace(/^etc/, etc);
  const texts = new Map(readable.map((path) => [path, readIfThere(locate(path))]));
  const readNewLog = () => {
    const file = join(home, 'logs/opencti-wazuh.log');
    const text = existsSync(file) ? readFileSync(file, 'utf8') : '';
    const added = text.slice(logged);
    logged = text.length;
    return added;
  };
  return {
    manager,
    server,
    out,
    async step(name, ...args) {
      const takesEtc = ['install', 'uninstall', 'check'].includes(args[0] ?? '');
      const environment = { WAZUH_HOME: home, OPENCTI_URL: server.url, OPENCTI_TOKEN: demoToken, ...clock };
      const result = await runCli([...args, ...(takesEtc ? ['--etc', etc] : [])], environment);
      const after = look();
      const changedTexts = readable.flatMap((path) => {
        const text = readIfThere(locate(path));
        if (text === texts.get(path)) return [];
        texts.set(path, text);
        return text === null ? [] : [`--- ${path}`, withoutProse(path, text)];
      });
      const parts = [
        `$ opencti-wazuh ${args.join(' ')}`,
        `exit code ${result.code}`,
        '--- standard output',
        result.stdout,
        '--- standard error',
        result.stderr,
        '--- to the engine',
        ...manager.received.splice(0),
        '--- to the queue',
        ...manager.queue.drain(),
        '--- to the log',
        readNewLog(),
        '--- files: came (+), changed (*), went (-)',
        ...compareListings(before, after),
        ...changedTexts,
      ];
      before = after;
      expectKept(`${name}.txt`, normalise(parts.join('\n'), replacements));
    },
  };
}

function listAll(folders: Readonly<Record<string, string>>, replacements: Replacements): Listing {
  const listings = Object.entries(folders).flatMap(([name, folder]) =>
    existsSync(folder)
      ? Object.entries(
          listFiles(folder, { replacements, isLeftOut, isOpaque, withAccess: name !== 'out' }),
        ).map(([path, line]) => [`${name}/${path}`, line] as const)
      : [],
  );
  return Object.fromEntries(listings);
}

const readIfThere = (file: string) => (existsSync(file) ? readFileSync(file, 'utf8') : null);

/** Comments of the configuration are prose. The minute of a schedule is made of the path of the home. */
function withoutProse(path: string, text: string): string {
  if (path.endsWith('.yml')) return text.replaceAll(/^\s*#.*\n/gm, '').replaceAll(/^\n/gm, '');
  return path.includes('cron.d') ? text.replaceAll(/^\d+(?= \* \* \* \*)/gm, '<minute>') : text;
}

/** From now on what arrives in the queue becomes alerts. */
function watchAlerts(manager: FakeManager) {
  const sent: string[] = [];
  const takeAlerts = () => {
    const taken = manager.takeAlerts();
    sent.push(...taken.map(({ message }) => message));
    return taken;
  };
  const { alerts } = startAlerting({ ...manager, takeAlerts }, false);
  return { sent, alerts };
}

function formatAlerts(alerts: readonly WrittenAlert[]): string {
  return alerts.map(({ rule }) => JSON.stringify(rule)).join('\n');
}

const fresh = writeObservable({ id: 'fresh', entity_type: 'IPv4-Addr', value: '185.220.101.77' });
const other = writeObservable({ id: 'other', entity_type: 'Domain-Name', value: 'other.bad-name.net' });

describe.runIf(isRoot)('a manager', () => {
  test('from the first installation to the last file', { timeout: 180_000 }, async () => {
    const { manager, server, out, step } = await openSite();
    const { home } = manager;
    await step('01-install-dry-run', 'install', '--dry-run');
    await step('02-install', 'install', '--restart');
    await step('03-install-again', 'install');
    startDaemons(manager);
    appendFileSync(join(home, 'etc/opencti-wazuh.yml'), 'guards: { min_reload_interval: 0s }\n');
    await step('04-status-before-the-first-refresh', 'status');
    await step('05-refresh-dry-run', 'refresh', '--dry-run', join(out, 'first'));
    await step('06-refresh', 'refresh');
    await step('07-refresh-nothing-changed', 'refresh');
    await step('08-check', 'check');
    await step('09-status', 'status');

    server.data.observables.add(fresh, other);
    server.data.observables.remove('net-6');
    server.data.indicators.edit('8f1e842b-34b0-42b0-8203-fe7ad2e0ecdc', { revoked: true });
    await step('10-changes-dry-run', 'refresh', '--dry-run', join(out, 'second'), '--values');
    manager.faults.add({ kind: 'reload-refused' });
    await step('11-changes-refused-by-the-engine', 'refresh');
    manager.faults.clear();
    manager.faults.add({
      kind: 'session-says',
      codemsg: -1,
      messages: [
        "WARNING: (7612): Rule ID '100640' is duplicated. Only the first occurrence will be considered.",
      ],
    });
    await step('12-changes-judged', 'refresh');
    manager.faults.clear();
    await step('13-changes', 'refresh', '--values');
    server.faults.add({ kind: 'status', status: 403 });
    await step('14-opencti-refuses', 'refresh');
    server.faults.clear();
    await step('15-status-after-a-failure', 'status', '--line');
    chmodSync(join(home, 'integrations/custom-opencti'), 0o777);
    writeFileSync(join(home, 'etc/lists/opencti-fim-md5'), '');
    // The engine compares whole seconds, and a fast machine has come here within the one of the last load.
    const old = new Date(Date.now() - 2_000);
    utimesSync(join(home, 'etc/lists/opencti-fim-md5.cdb'), old, old);
    await step('16-check-finds-faults', 'check');
    await step('17-refresh-repairs', 'refresh');

    const { sent, alerts } = watchAlerts(manager);
    await step('18-selftest', 'selftest', '--syscheck');
    expectKept('18-selftest-sent.txt', normalise(sent.join('\n')));
    expectKept('18-selftest-alerts.txt', normalise(formatAlerts(alerts)));

    await step('19-uninstall-dry-run', 'uninstall', '--dry-run');
    await step('20-uninstall', 'uninstall', '--restart');
    await step('21-uninstall-purge', 'uninstall', '--purge');
  });

  expectAllCompared();
});
