import { spawnSync } from 'node:child_process';
import { dirname, join } from 'node:path';
import { nodePathFile } from '../install/integration-files.ts';
import { type CheckLine, fail, orOk, warn } from './line.ts';
import { readText, type Site, statOf } from './site.ts';

const subject = 'Node';
/** Milliseconds: a build with a start-up snapshot needs 70, Debian's own 170 on the same machine. */
const slowStart = 130;
const tries = 3;
const patience = 10_000;

/** The Node that the launcher will find, as the manager's user would start it. */
export function checkNode({ home, wazuh }: Site): readonly CheckLine[] {
  const written = readText(join(home, 'integrations', nodePathFile))?.split('\n')[0] ?? '';
  const node = isFile(written) ? written : findOnPath();
  const install = 'run opencti-wazuh install with the Node that should be used';
  if (node === null)
    return [
      fail(
        subject,
        `there is no Node at ${written || '(none written)'} and none on the PATH of integratord`,
        install,
      ),
    ];
  const closed = findClosedFolder(node, wazuh);
  if (closed !== null)
    return [
      fail(
        subject,
        `${node} cannot be reached by the manager's user: ${closed} is closed to it`,
        `install Node outside of ${closed}, then run opencti-wazuh install`,
      ),
    ];
  const version = run(node, ['--version']).text.trim();
  const [major = 0, minor = 0] = version.replace(/^v/, '').split('.').map(Number);
  if (major < 20 || (major === 20 && minor < 19))
    return [fail(subject, `${node} is ${version || 'no Node'}: 20.19 or later is needed`, install)];
  const times = Array.from({ length: tries }, () => run(node, ['-e', '0']).milliseconds).sort(
    (a, b) => a - b,
  );
  const start = Math.round(times[0] ?? 0);
  const findings: CheckLine[] = [];
  if (node !== written)
    findings.push(
      warn(
        subject,
        `${written || 'the path that install writes'} is not there; the launcher takes ${node}`,
        install,
      ),
    );
  if (start > slowStart)
    findings.push(
      warn(
        subject,
        `${node} (${version}) needs ${start} ms to start, for each match`,
        'the build from nodejs.org starts in half of that: Debian builds Node without a start-up snapshot',
      ),
    );
  return orOk(findings, subject, `${node} (${version}) starts in ${start} ms`);
}

const usualPlaces = ['/usr/bin/node', '/usr/local/bin/node', '/usr/bin/nodejs', '/opt/node/bin/node'];

function findOnPath(): string | null {
  return usualPlaces.find(isFile) ?? null;
}

function isFile(path: string): boolean {
  return path !== '' && (statOf(path)?.isFile() ?? false);
}

/** Root may have its Node in its own home, which nobody else can enter. */
function findClosedFolder(path: string, wazuh: Site['wazuh']): string | null {
  const folder = dirname(path);
  const stats = statOf(folder);
  if (stats === null || folder === path) return null;
  const bit = stats.uid === wazuh.uid ? 0o100 : stats.gid === wazuh.gid ? 0o010 : 0o001;
  return (stats.mode & bit) === 0 ? folder : findClosedFolder(folder, wazuh);
}

function run(
  file: string,
  args: readonly string[],
): { readonly text: string; readonly milliseconds: number } {
  const started = performance.now();
  const { stdout } = spawnSync(file, [...args], { encoding: 'utf8', timeout: patience, env: {} });
  return { text: stdout ?? '', milliseconds: performance.now() - started };
}
