import { dirname, join } from 'node:path';
import { readConfigFile } from '../config/load.ts';
import { toConfigPath, toTokenPath } from '../install/config-files.ts';
import { type CheckLine, fail, orOk, warn } from './line.ts';
import { findBarrier, type User } from './reach.ts';
import { findWriter, formatMode, type Site, statOf } from './site.ts';

const subject = 'token';

/** Who may read the files that hold the token? */
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
    findings.push(fail(subject, 'no token is set', 'set opencti.token_file'));
  const named = files.map(({ path }) => path).join(', ');
  return orOk(findings, subject, `it can be read by root and the manager alone: ${named}`);
}

function checkFile(path: string, site: Site, reader: User): CheckLine[] {
  const stats = statOf(path);
  if (stats === null) return [];
  const mend = `chown root:${site.group} ${path}; chmod 640 ${path}`;
  if ((stats.mode & 0o004) !== 0)
    return [fail(subject, `${path} can be read by every user (mode ${formatMode(stats)})`, mend)];
  const writer = findWriter(stats, site);
  if (writer !== null)
    return [warn(subject, `${path} can be written by ${writer} (mode ${formatMode(stats)})`, mend)];
  const barrier = findBarrier(path, reader, 'read');
  if (barrier === null) return [];
  const text = `${path} cannot be read by the manager's user: ${barrier}`;
  return [
    fail(
      subject,
      text,
      barrier.startsWith('its mode') ? mend : `move it to a folder that the manager's user may enter`,
    ),
  ];
}

/** The other files that a configuration names: who starts `refresh` may be able to read what the scheduler's user cannot. */
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
  return orOk(findings, 'files', `${scheduleUser.name}, who refreshes, gets at every file that is named`);
}

/** The environment may stand for a configuration. */
function isAbsentDefault(path: string | null, home: string): boolean {
  return path === toConfigPath({ home }) && statOf(path) === null;
}
