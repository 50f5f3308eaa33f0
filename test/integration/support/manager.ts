import { spawn } from 'node:child_process';
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import type { IntegrationSettings } from '../../../src/integration/settings.ts';
import { type CliResult, waitFor } from '../../support/cli.ts';
import { receiveDatagrams } from '../../support/datagram-receiver.ts';
import type { DatagramReceiver } from '../../support/datagram-socket.ts';
import { makeFolder } from '../../support/folder.ts';

/** As integratord calls it: relative to the home. */
export const launcher = 'integrations/custom-opencti';

const root = join(import.meta.dirname, '../../..');

/** A Wazuh home as far as the integration sees it, with the integration installed by hand. */
export interface Manager {
  readonly home: string;
  readonly queue: DatagramReceiver;
  /** Where the settings are; written anew for each set. */
  configure(settings: Partial<IntegrationSettings>): void;
  writeList(name: string, lines: readonly string[]): void;
  /** A file of the integration's state. */
  writeState(name: string, text: string): void;
  /** Starts the launcher as integratord does. */
  run(alert: unknown, more?: RunOptions): Promise<RunResult>;
}

export interface RunOptions {
  /** Argument 2 to 4. */
  readonly apiKey?: string;
  readonly hookUrl?: string;
  readonly debug?: boolean;
  readonly environment?: Readonly<Record<string, string>>;
  /** Who runs it; only root can start it so. */
  readonly user?: { readonly uid: number; readonly gid: number };
}

export interface RunResult extends CliResult {
  readonly messages: readonly string[];
  /** Lines of the log that this run wrote. */
  readonly log: readonly string[];
}

/** The samples' events; each list has the value of its field with the id of the object that decided. */
export function createManager(settings: Partial<IntegrationSettings> = {}): Manager {
  const home = makeFolder();
  for (const folder of [
    'etc/lists',
    'queue/sockets',
    'logs',
    'integrations/node_modules',
    'var/opencti-wazuh/run',
    'tmp',
  ])
    mkdirSync(join(home, folder), { recursive: true });
  const integrations = join(home, 'integrations');
  copyFileSync(join(root, 'bin/custom-opencti'), join(integrations, 'custom-opencti'));
  copyFileSync(join(root, 'dist/custom-opencti.cjs'), join(integrations, 'custom-opencti.cjs'));
  symlinkSync(join(root, 'node_modules/@koromix'), join(integrations, 'node_modules/@koromix'));
  writeFileSync(join(integrations, 'custom-opencti.node-path'), `${process.execPath}\n`);
  const queue = receiveDatagrams(join(home, 'queue/sockets/queue'));
  const manager: Manager = {
    home,
    queue,
    configure: (chosen) => writeFileSync(join(integrations, 'custom-opencti.json'), JSON.stringify(chosen)),
    writeList: (name, lines) =>
      writeFileSync(join(home, 'etc/lists', name), lines.map((line) => `${line}\n`).join('')),
    writeState: (name, text) => writeFileSync(join(home, 'var/opencti-wazuh/run', name), text),
    run: (alert, more = {}) => runLauncher(manager, alert, more),
  };
  manager.configure(settings);
  return manager;
}

async function runLauncher(
  { home, queue }: Manager,
  alert: unknown,
  options: RunOptions,
): Promise<RunResult> {
  const alertFile = join(home, 'tmp', 'opencti-1795489475-123456.alert');
  writeFileSync(alertFile, typeof alert === 'string' ? alert : `${JSON.stringify(alert)}\n`);
  const logged = readLog(home).length;
  const { apiKey = '', hookUrl = '', debug = false, environment = {}, user = {} } = options;
  const child = spawn(
    launcher,
    [alertFile, apiKey, hookUrl, debug ? 'debug' : '', '', '10', '3', debug ? '' : '> /dev/null 2>&1'],
    { cwd: home, env: { PATH: '/usr/bin:/bin', ...environment }, stdio: ['ignore', 'pipe', 'pipe'], ...user },
  );
  const result = await waitFor(child);
  return { ...result, messages: queue.drain(), log: readLog(home).slice(logged) };
}

export function readLog(home: string): string[] {
  const file = join(home, 'logs/opencti-wazuh.log');
  return existsSync(file) ? readFileSync(file, 'utf8').trimEnd().split('\n') : [];
}

/** All texts that the integration left on the disk, its log too; not what `install` writes. */
export function readTraces(home: string): string {
  const folders = [join(home, 'var'), join(home, 'logs')];
  return folders
    .flatMap((folder) =>
      readdirSync(folder, { recursive: true, encoding: 'utf8' }).map((name) => join(folder, name)),
    )
    .filter((file) => statSync(file).isFile())
    .map((file) => `${file}\n${readFileSync(file, 'utf8')}`)
    .join('\n');
}
