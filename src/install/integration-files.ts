import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { Config } from '../config/schema.ts';
import { formatSettings, settingsFileName } from '../integration/settings.ts';
import { packageRoot } from '../package-root.ts';
import type { Change, Machine } from './machine.ts';
import { readNativePiece } from './native-piece.ts';

const script = 'custom-opencti';
const bundle = 'custom-opencti.cjs';
export const nodePathFile = 'custom-opencti.node-path';

/** What the integration consists of, in its folder; `custom-opencti` is what integratord runs. */
export const integrationNames = [script, bundle, nodePathFile, settingsFileName] as const;

/**
 * The integration beside integratord's other scripts. Root writes and the manager reads: a script that `wazuh` can
 * write is not run, and the whole command line goes to a log (Wazuh 4.14.7).
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

/** The outermost first. */
function foldersAbove(path: string): string[] {
  const folder = dirname(path);
  return folder === '.' ? [] : [...foldersAbove(folder), folder];
}
