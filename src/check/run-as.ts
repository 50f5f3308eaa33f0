import { type SpawnSyncReturns, spawnSync } from 'node:child_process';
import { codeOf } from '../errors.ts';
import type { User } from './reach.ts';

export interface RunOptions {
  readonly cwd: string;
  readonly env: Readonly<Record<string, string>>;
  readonly encoding: 'utf8';
  readonly timeout: number;
}

/**
 * Runs a program as a scheduler does, as a user in all its groups. Node gives a child of another user none but the first
 * one, so `setpriv` of util-linux does it.
 * @returns null: it cannot be told from here what that user may do.
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
