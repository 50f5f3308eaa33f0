import { join } from 'node:path';
import { findBarrier, type User } from '../check/reach.ts';
import { KnownError } from '../errors.ts';
import { packageRoot } from '../package-root.ts';
import type { Machine } from './machine.ts';
import { findVersionWithoutReload, type Schedule } from './schedule.ts';

/**
 * What the manager's user has to reach: the Node that runs the integration, and the tool itself where that user runs
 * the refresh. One below `/root` would be installed well and fail each hour, and with each match.
 * @throws KnownError (exit code 2) that names what is closed.
 */
export function insistOnReach({ home, manager, user }: Machine, schedule: Schedule): void {
  const wazuh: User = { ...manager, groups: [] };
  const runsTool = schedule !== 'none' && findVersionWithoutReload(home) === null;
  const tool = ['bin/opencti-wazuh', 'dist/opencti-wazuh.js'].map((path) => join(packageRoot(), path));
  const needed = [
    {
      path: process.execPath,
      want: 'run',
      next: 'run this with a Node that each user may run, as /usr/bin/node',
    },
    ...(runsTool ? tool : []).map((path) => ({
      path,
      want: 'read' as const,
      next: 'install the package where each user may read it, as below /usr/lib/node_modules',
    })),
  ] as const;
  for (const { path, want, next } of needed) {
    const barrier = findBarrier(path, wazuh, want);
    if (barrier === null) continue;
    const text = `${path} cannot be ${want === 'run' ? 'run' : 'read'} by the manager's user, ${user} (${manager.uid})`;
    throw new KnownError(`${text}: ${barrier}; nothing was changed: ${next}`, { exitCode: 2 });
  }
}
