import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { compilePlan } from '../compile/plan.ts';
import { toValueSet } from '../compile/value-set.ts';
import type { Config } from '../config/schema.ts';
import { absent, readEntry } from '../files/transaction.ts';
import { toPlanOptions } from '../sync/plan-options.ts';
import { isGatesPart, ownPaths } from '../wazuh/own-files.ts';
import { retiredXml } from '../wazuh/rule-files.ts';
import type { Change, Machine } from './machine.ts';

/**
 * Empty lists, the rules and the decoder, so that the engine has each file that is declared; the first refresh fills
 * them. What is there stays. Rules of an earlier version match until a refresh takes their place, gates and all.
 */
export function toDetectionChanges(machine: Machine, config: Config): Change[] {
  const { lists, ruleFiles } = compilePlan(toValueSet([]), toPlanOptions(config));
  const files = [
    ...lists.map(({ name }) => ({ path: `lists/${name}`, text: '' })),
    ...(hasRetiredRules(machine) ? [] : ruleFiles.map(({ path, text }) => ({ path, text }))),
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

/** Are the rules of an earlier version still there? */
export function hasRetiredRules({ home }: Machine): boolean {
  return retiredXml.some((name) => existsSync(join(home, 'etc/rules', name)));
}

/** Ours, and what the engine has compiled of them, in the order in which they go: rules before what they name. */
export function toDetectionRemovals({ home }: Machine): Change[] {
  return [...findGatesParts(home), ...ownPaths.toReversed()]
    .flatMap((path) => (path.startsWith('lists/') ? [path, `${path}.cdb`] : [path]))
    .map((path) => ({ path: join(home, 'etc', path), to: absent, why: '' }));
}

function findGatesParts(home: string): string[] {
  const folder = join(home, 'etc/rules');
  if (!existsSync(folder)) return [];
  return readdirSync(folder)
    .filter(isGatesPart)
    .map((name) => `rules/${name}`);
}
