import { join } from 'node:path';
import { readWrittenConfig } from '../config/read-written.ts';
import { toTokenPath } from '../install/config-files.ts';
import { type CheckLine, fail, orOk, warn } from './line.ts';
import { formatMode, isReadableBy, type Site, statOf } from './site.ts';

const subject = 'token';

/** Who may read the files that hold the token? */
export function checkAccess(site: Site): readonly CheckLine[] {
  const { home, config } = site;
  const file = join(home, 'etc/opencti-wazuh.yml');
  const written = statOf(file) ? readWrittenConfig(file, false).opencti : undefined;
  const tokenFile = written?.token_file ?? toTokenPath({ home });
  const files = [
    ...(written?.token ? [file] : []),
    ...(statOf(tokenFile) ? [tokenFile] : []),
    join(home, 'integrations/custom-opencti.json'),
  ];
  const findings = files.flatMap((path) => checkFile(path, site));
  if (config.opencti.token === null)
    findings.push(fail(subject, 'no token is set', 'set opencti.token_file'));
  return orOk(findings, subject, `it can be read by root and the manager alone: ${files.join(', ')}`);
}

function checkFile(path: string, { wazuh }: Site): CheckLine[] {
  const stats = statOf(path);
  if (stats === null) return [];
  const mend = `chown root:wazuh ${path}; chmod 640 ${path}`;
  if ((stats.mode & 0o004) !== 0)
    return [fail(subject, `${path} can be read by every user (mode ${formatMode(stats)})`, mend)];
  if ((stats.mode & 0o022) !== 0 || stats.uid === wazuh.uid)
    return [warn(subject, `${path} can be written by the manager's user (mode ${formatMode(stats)})`, mend)];
  if (!isReadableBy(stats, wazuh))
    return [fail(subject, `${path} cannot be read by the manager's user (mode ${formatMode(stats)})`, mend)];
  return [];
}
