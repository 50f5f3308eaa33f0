import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { nodePathFile } from '../install/integration-files.ts';
import { type CheckLine, fail, orOk, warn } from './line.ts';
import { findBarrier } from './reach.ts';
import { readText, type Site, statOf } from './site.ts';

const subject = 'Node';
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
  // Root may have its Node in its own home, which nobody else can enter.
  const barrier = findBarrier(node, wazuh, 'run');
  if (barrier !== null)
    return [
      fail(
        subject,
        `${node} cannot be reached by the manager's user: ${barrier}`,
        'install Node where every user may run it, then run opencti-wazuh install',
      ),
    ];
  const { version, hasSnapshot, start } = askNode(node);
  if (!isNewEnough(version))
    return [fail(subject, `${node} is ${version || 'no Node'}: 20.19 or later is needed`, install)];
  const findings: CheckLine[] = [];
  if (node !== written)
    findings.push(
      warn(subject, `${written || 'what install writes'} is not there; the launcher takes ${node}`, install),
    );
  if (!hasSnapshot)
    findings.push(
      warn(
        subject,
        `${node} (${version}) needs ${start} ms to start, for each match: it has no start-up snapshot`,
        'take the build of nodejs.org, which starts in less than half of that; those of Debian have none',
      ),
    );
  return orOk(findings, subject, `${node} (${version}) starts in ${start} ms`);
}

/** In the order of the launcher. */
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

const question = 'console.log(process.version, process.config.variables.node_use_node_snapshot)';

/** What it is, and how many milliseconds it takes to start, the best of some. */
function askNode(node: string): { version: string; hasSnapshot: boolean; start: number } {
  const times: number[] = [];
  let answer = '';
  for (let run = 0; run < tries; run += 1) {
    const started = performance.now();
    const { stdout } = spawnSync(node, ['-e', question], { encoding: 'utf8', timeout: patience, env: {} });
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
