import { type SpawnSyncReturns, spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { readConfigFile } from '../../config/load.ts';
import { codeOf } from '../../errors.ts';
import { type Daemon, findDaemons, readEnvironment } from '../../wazuh/engine/daemons.ts';
import { ownFolders } from '../../wazuh/ours.ts';
import { toConfigPath, toTokenPath } from '../install/configuration.ts';
import { nodePathFile } from '../install/files.ts';
import type { Machine } from '../install/machine.ts';
import {
  type CheckLine,
  fail,
  findBarrier,
  findWriter,
  formatMode,
  notLooked,
  ok,
  orOk,
  readText,
  type Site,
  statOf,
  type User,
  warn,
} from './site.ts';

const accessSubject = 'token';

/** Checks which users can read the files with the token. */
export function checkAccess(site: Site): readonly CheckLine[] {
  const { home, config, scheduleUser, wazuh } = site;
  const file = toConfigPath({ home });
  const written = statOf(file) ? readConfigFile(file, false).written.opencti : null;
  const tokenFile = written?.tokenFile ?? toTokenPath({ home });
  const files = [
    ...(written?.token ? [{ path: file, reader: scheduleUser }] : []),
    ...(statOf(tokenFile) ? [{ path: tokenFile, reader: scheduleUser }] : []),
    { path: join(home, 'integrations/custom-opencti.json'), reader: wazuh },
  ];
  const findings = files.flatMap(({ path, reader }) => checkFile(path, site, reader));
  if (config.opencti.token === null)
    findings.push(fail(accessSubject, 'no token is set', 'set opencti.token_file'));
  const named = files.map(({ path }) => path).join(', ');
  return orOk(findings, accessSubject, `it can be read by root and the manager alone: ${named}`);
}

function checkFile(path: string, site: Site, reader: User): CheckLine[] {
  const stats = statOf(path);
  if (stats === null) return [];
  const mend = `chown root:${site.group} ${path}; chmod 640 ${path}`;
  if ((stats.mode & 0o004) !== 0)
    return [fail(accessSubject, `${path} can be read by every user (mode ${formatMode(stats)})`, mend)];
  const writer = findWriter(stats, site);
  if (writer !== null)
    return [warn(accessSubject, `${path} can be written by ${writer} (mode ${formatMode(stats)})`, mend)];
  const barrier = findBarrier(path, reader, 'read');
  if (barrier === null) return [];
  const text = `${path} cannot be read by the manager's user: ${barrier}`;
  return [
    fail(
      accessSubject,
      text,
      barrier.startsWith('its mode') ? mend : `move it to a folder that the manager's user may enter`,
    ),
  ];
}

/**
 * Checks the other files that a configuration names: the user that starts `refresh` by hand may be able to read files
 * that the scheduler's user cannot.
 */
export function checkNamedFiles({ home, config, scheduleUser, group }: Site): readonly CheckLine[] {
  const { opencti, select, metrics } = config;
  const read = [
    ['the configuration', toConfigPath({ home })],
    ['opencti.ca_file', opencti.caFile],
    ...select.allowFiles.map((path) => ['select.allow_files', path] as const),
    ...select.warningLists.files.map((path) => ['select.warning_lists.files', path] as const),
  ] as const;
  const barriers = [
    ...read.map(([key, path]) => ({ key, path, barrier: path && findBarrier(path, scheduleUser, 'read') })),
    {
      key: 'metrics.textfile',
      path: metrics.textfile,
      barrier: metrics.textfile && findBarrier(dirname(metrics.textfile), scheduleUser, 'write'),
    },
  ];
  const findings = barriers
    .filter(({ path, barrier }) => barrier && !isAbsentDefault(path, home))
    .map(({ key, path, barrier }) =>
      fail(
        'files',
        `${key}: ${path} is closed to ${scheduleUser.name}, who refreshes: ${barrier}`,
        `put it below ${join(home, 'etc')}, root:${group} 640, or open what is closed`,
      ),
    );
  return orOk(findings, 'files', `${scheduleUser.name}, who refreshes, can read every file that is named`);
}

/** The environment may replace a configuration. */
function isAbsentDefault(path: string | null, home: string): boolean {
  return path === toConfigPath({ home }) && statOf(path) === null;
}

const nodeSubject = 'Node';
const tries = 3;
const nodePatience = 10_000;

/** Checks the Node that the launcher will find, as the manager's user would start it. */
export function checkNode({ home, wazuh }: Site): readonly CheckLine[] {
  const written = readText(join(home, 'integrations', nodePathFile))?.split('\n')[0] ?? '';
  const node = isFile(written) ? written : findOnPath();
  const install = 'run opencti-wazuh install with the Node that should be used';
  if (node === null)
    return [
      fail(
        nodeSubject,
        `there is no Node at ${written || '(none written)'} and none on the PATH of integratord`,
        install,
      ),
    ];
  // Root may have its Node in its own home, which no other user can enter.
  const barrier = findBarrier(node, wazuh, 'run');
  if (barrier !== null)
    return [
      fail(
        nodeSubject,
        `${node} cannot be reached by the manager's user: ${barrier}`,
        'install Node where every user may run it, then run opencti-wazuh install',
      ),
    ];
  const { version, hasSnapshot, start } = askNode(node);
  if (!isNewEnough(version))
    return [fail(nodeSubject, `${node} is ${version || 'no Node'}: 20.19 or later is needed`, install)];
  const findings: CheckLine[] = [];
  if (node !== written)
    findings.push(
      warn(
        nodeSubject,
        `${written || 'what install writes'} is not there; the launcher takes ${node}`,
        install,
      ),
    );
  if (!hasSnapshot)
    findings.push(
      warn(
        nodeSubject,
        `${node} (${version}) needs ${start} ms to start, for each match: it has no start-up snapshot`,
        'take the build of nodejs.org, which starts in less than half of that; those of Debian have none',
      ),
    );
  return orOk(findings, nodeSubject, `${node} (${version}) starts in ${start} ms`);
}

/** Returns the Node of the launcher, in its order of search. */
export const usualPlaces = [
  '/usr/bin/node',
  '/usr/local/bin/node',
  '/usr/bin/nodejs',
  '/opt/node/bin/node',
  '/opt/nodejs/bin/node',
  '/usr/lib/nodejs/bin/node',
  '/snap/bin/node',
];

function findOnPath(): string | null {
  return usualPlaces.find(isFile) ?? null;
}

function isFile(path: string): boolean {
  return path !== '' && (statOf(path)?.isFile() ?? false);
}

const nodeQuestion = 'console.log(process.version, process.config.variables.node_use_node_snapshot)';

/** Returns the version of a Node, and the milliseconds that it takes to start, the least of several tries. */
function askNode(node: string): { version: string; hasSnapshot: boolean; start: number } {
  const times: number[] = [];
  let answer = '';
  for (let run = 0; run < tries; run += 1) {
    const started = performance.now();
    const { stdout } = spawnSync(node, ['-e', nodeQuestion], {
      encoding: 'utf8',
      timeout: nodePatience,
      env: {},
    });
    times.push(performance.now() - started);
    answer = stdout ?? '';
  }
  const [version = '', snapshot] = answer.trim().split(' ');
  return { version, hasSnapshot: snapshot !== 'false', start: Math.round(Math.min(...times)) };
}

function isNewEnough(version: string): boolean {
  const [major = 0, minor = 0] = version.replace(/^v/, '').split('.').map(Number);
  return major > 20 || (major === 20 && minor >= 19);
}

const environmentSubject = 'environment';

/**
 * The variable with the token itself: every script that a daemon starts gets it, and every user who may read
 * `/proc/<pid>/environ` can read it.
 */
const secretName = 'OPENCTI_TOKEN';

/**
 * Checks whether the daemons were started by a shell with variables of this tool. They keep these variables until they
 * are restarted, and pass them to every script.
 */
export function checkEnvironment({ home }: Site): readonly CheckLine[] {
  const looked = findDaemons(home).map((daemon) => ({ daemon, variables: readEnvironment(daemon) }));
  if (looked.length === 0) return [];
  const found = new Map<string, Daemon[]>();
  for (const { daemon, variables } of looked)
    for (const [name, value] of variables ?? [])
      if (isOurs(name, value, home)) found.set(name, [...(found.get(name) ?? []), daemon]);
  const closed = looked.filter(({ variables }) => variables === null).map(({ daemon }) => daemon.name);
  const unseen =
    closed.length > 0
      ? [notLooked(environmentSubject, `the environment of ${closed.join(', ')} is closed to this user`)]
      : [];
  if (found.size === 0 && unseen.length > 0) return unseen;
  if (found.size === 0) return [ok(environmentSubject, 'no daemon was started with a variable of this tool')];
  const names = [...found.keys()].sort();
  const daemons = new Set([...found.values()].flat().map(({ name }) => name));
  const text = `${names.join(', ')}: in the environment of ${[...daemons].join(', ')}, and of each script that they start`;
  const unset = names.map((name) => `-u ${name}`).join(' ');
  const next = `restart the manager without: env ${unset} ${home}/bin/wazuh-control restart`;
  const state = names.includes(secretName) ? fail : warn;
  return [state(environmentSubject, text, next), ...unseen];
}

function isOurs(name: string, value: string, home: string): boolean {
  return name.startsWith('OPENCTI_') || (name === 'WAZUH_HOME' && value !== home);
}

const foldersSubject = 'folders';
const foldersPatience = 10_000;

/** The folders of the lists, rules and decoders, and of the state of a refresh. */
const ofRefresh = [
  ...ownFolders.map((name) => `etc/${name}`),
  'var/opencti-wazuh',
  'var/opencti-wazuh/state',
  'var/opencti-wazuh/previous',
  ...ownFolders.map((name) => `var/opencti-wazuh/previous/${name}`),
];
const log = 'logs/opencti-wazuh.log';
/** The files that the integration keeps for the next run, its log, and the socket of the engine. */
const ofIntegration = [
  ...['', '/cache', '/spool', '/told'].map((name) => `var/opencti-wazuh/run${name}`),
  log,
  'queue/sockets/queue',
];

/**
 * Returns the paths that refresh and integration write and that a user cannot write, as the kernel answers to that
 * user: access lists and read-only file systems count, too. Files that do not exist are created by the program that
 * needs them.
 * @returns paths below the home.
 */
export function findClosed(home: string, user: User): string[] {
  const paths = [...ofRefresh, ...ofIntegration].filter((path) => existsSync(join(home, path)));
  const asked = existsSync(join(home, log)) ? paths : [...paths, 'logs'];
  if (user.uid === 0) return [];
  const run = runAs(
    ['/bin/sh', '-c', foldersQuestion, 'sh', ...asked.map((path) => join(home, path))],
    user,
    {
      cwd: '/',
      env: { PATH: '/usr/bin:/bin' },
      encoding: 'utf8',
      timeout: foldersPatience,
    },
  );
  if (run === null) return asked.filter((path) => findBarrier(join(home, path), user, 'write') !== null);
  const closed = new Set(run.stdout.split('\n'));
  return asked.filter((path) => closed.has(join(home, path)));
}

/** A folder also has to be entered. */
const foldersQuestion = `for path; do [ -w "$path" ] && { [ ! -d "$path" ] || [ -x "$path" ]; } || echo "$path"; done`;

/** Checks whether the manager's user can write everything that it has to write. */
export function checkFolders({ home, machine, wazuh }: Site): readonly CheckLine[] {
  const findings = findClosed(home, wazuh).map((path) => {
    const at = join(home, path);
    return fail(foldersSubject, `${at} ${describeClosed(machine, at)}`, toRemedy(machine, path));
  });
  return orOk(findings, foldersSubject, `${machine.user} can write all that refresh and integration write`);
}

export function describeClosed({ user, manager }: Machine, path: string): string {
  const stats = statOf(path);
  const owner = stats === null ? '' : ` (owner ${stats.uid}:${stats.gid}, mode ${formatMode(stats)})`;
  return `cannot be written by the manager's user, ${user} (${manager.uid})${owner}`;
}

/**
 * Returns how to correct the rights: `install` corrects the project's own files; the folders of the manager should be
 * as its packages create them.
 */
function toRemedy({ home, user, group }: Machine, path: string): string {
  const at = join(home, path);
  if (path.startsWith('var/opencti-wazuh/run/')) return `chown -R ${user}:${group} ${at}`;
  if (path.startsWith('var/opencti-wazuh') || path === log) return 'run opencti-wazuh install';
  if (path === 'logs') return `chown ${user}:${group} ${at}; chmod 770 ${at}`;
  if (path.startsWith('queue/')) return 'restart the manager, which makes it anew';
  return `chown root:${group} ${at}; chmod 770 ${at}`;
}

export interface RunOptions {
  readonly cwd: string;
  readonly env: Readonly<Record<string, string>>;
  readonly encoding: 'utf8';
  readonly timeout: number;
}

/**
 * Runs a program as a scheduler does, as a user in all its groups. Node gives a child process of another user only the
 * first group, so `setpriv` of util-linux starts it.
 * @returns null: the rights of that user cannot be determined here.
 */
export function runAs(
  [program = '', ...rest]: readonly string[],
  { uid, gid, groups }: User,
  options: RunOptions,
): SpawnSyncReturns<string> | null {
  const own = process.getuid?.();
  if (own === uid) return spawnSync(program, rest, options);
  if (own !== 0) return null;
  const further = groups.length > 0 ? `--groups=${groups.join(',')}` : '--clear-groups';
  const asUser = [`--reuid=${uid}`, `--regid=${gid}`, further, '--', program, ...rest];
  const tried = spawnSync('setpriv', asUser, options);
  if (codeOf(tried.error) !== 'ENOENT') return tried;
  return groups.length > 0 ? null : spawnSync(program, rest, { ...options, uid, gid });
}
