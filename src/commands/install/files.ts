import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { compilePlan } from '../../compile/plan.ts';
import { toValueSet } from '../../compile/value-set.ts';
import type { Config } from '../../config/schema.ts';
import { absent, readEntry } from '../../files/transaction.ts';
import { formatSettings, settingsFileName } from '../../integration/settings.ts';
import { toPlanOptions } from '../../sync/plan-options.ts';
import { packageRoot } from '../../text.ts';
import { isGatesPart, ownPaths, retiredXml } from '../../wazuh/ours.ts';
import type { Change, Machine } from './machine.ts';

const script = 'custom-opencti';
const bundle = 'custom-opencti.cjs';
export const nodePathFile = 'custom-opencti.node-path';

/** The files of the integration, in its folder; integratord runs `custom-opencti`. */
export const integrationNames = [script, bundle, nodePathFile, settingsFileName] as const;

/**
 * Returns the files of the integration, next to integratord's other scripts. Root writes and the manager reads them:
 * integratord does not run a script that `wazuh` can write, and it logs the whole command line (Wazuh 4.14.7).
 */
export function toIntegrationChanges({ home, readable }: Machine, config: Config): Change[] {
  const root = packageRoot();
  const folder = join(home, 'integrations');
  const file = (name: string, bytes: Buffer, why: string, mode = 0o640): Change => {
    return { path: join(folder, name), to: { kind: 'file', bytes, mode, owner: readable }, why };
  };
  const native = readNativePiece();
  const folders = new Set(native.flatMap(({ path }) => foldersAbove(path)));
  return [
    file(script, readFileSync(join(root, 'bin', script)), 'what integratord runs', 0o750),
    file(bundle, readFileSync(join(root, 'dist', bundle)), 'the integration itself'),
    file(nodePathFile, Buffer.from(`${process.execPath}\n`), 'the Node that runs it'),
    file(settingsFileName, Buffer.from(formatSettings(config)), 'its copy of the configuration'),
    ...[...folders].map((path): Change => {
      return { path: join(folder, path), to: { kind: 'folder', mode: 0o750, owner: readable }, why: '' };
    }),
    ...native.map(({ path, bytes }) => file(path, bytes, 'its way to the queue of the engine')),
  ];
}

/** Returns the folders of a path, the outermost first. */
function foldersAbove(path: string): string[] {
  const folder = dirname(path);
  return folder === '.' ? [] : [...foldersAbove(folder), folder];
}

const name = `@koromix/koffi-linux-${process.arch}`;

/**
 * Returns the files that the integration needs to send by itself, below the folder of its bundle: koffi's package for
 * only this machine. None when there is no such package.
 */
export function readNativePiece(): { readonly path: string; readonly bytes: Buffer }[] {
  const root = findRoot();
  if (root === null) return [];
  const parts = [
    'package.json',
    'index.js',
    ...['linux', 'musl'].map((c) => `${c}_${process.arch}/koffi.node`),
  ];
  return parts.map((part) => ({
    path: join('node_modules', name, part),
    bytes: readFileSync(join(root, part)),
  }));
}

/** Finds the package as koffi itself does. */
function findRoot(): string | null {
  try {
    const load = createRequire(createRequire(import.meta.url).resolve('koffi'));
    return dirname(load.resolve(name));
  } catch {
    return null;
  }
}

/**
 * Returns empty lists, the rules and the decoder, so that the engine has each file that is declared; the first refresh
 * fills them. Existing files remain. Rules of an earlier version, with their gates, match until a refresh replaces
 * them.
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

/** Returns whether the rules of an earlier version are still there. */
export function hasRetiredRules({ home }: Machine): boolean {
  return retiredXml.some((name) => existsSync(join(home, 'etc/rules', name)));
}

/**
 * Returns the removal of our files, and of what the engine has compiled from them, in order: rules before the files
 * that they name.
 */
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
