import { join } from 'node:path';
import { toPlanOptions } from '../commands/plan-options.ts';
import { compilePlan } from '../compile/plan.ts';
import { toValueSet } from '../compile/value-set.ts';
import type { Config } from '../config/config.ts';
import { ownPaths } from '../wazuh/own-files.ts';
import type { Change } from './change.ts';
import { absent, readEntry } from './entry.ts';
import type { Machine } from './place.ts';

/**
 * Empty lists, the rules and the decoder, so that the engine has each file that is declared; the first refresh fills
 * them. What is there stays.
 */
export function toDetectionChanges(machine: Machine, config: Config): Change[] {
  const { lists, ruleFiles } = compilePlan(toValueSet([]), toPlanOptions(config));
  const files = [
    ...lists.map(({ name }) => ({ path: `lists/${name}`, text: '' })),
    ...ruleFiles.map(({ path, text }) => ({ path, text })),
  ];
  return files
    .map(({ path, text }) => ({ path: join(machine.home, 'etc', path), text }))
    .filter(({ path }) => readEntry(machine, path).kind === 'absent')
    .map(({ path, text }) => ({
      path,
      to: { kind: 'file', bytes: Buffer.from(text), mode: 0o660, owner: machine.manager },
      why: path.includes('/lists/') ? 'empty until the first refresh' : 'matches the lists',
    }));
}

/** Ours, and what the engine has compiled of them. */
export function toDetectionRemovals({ home }: Machine): Change[] {
  return ownPaths
    .flatMap((path) => (path.startsWith('lists/') ? [path, `${path}.cdb`] : [path]))
    .map((path) => ({ path: join(home, 'etc', path), to: absent, why: '' }));
}
