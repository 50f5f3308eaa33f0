import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import packageJson from '../../package.json' with { type: 'json' };
import { compilePlan, type Plan } from '../compile/plan.ts';
import { KnownError } from '../errors.ts';
import { createFolderTarget } from '../publish/folder.ts';
import { type FetchOptions, fetchSelection } from './fetch-selection.ts';
import { type Manifest, toManifest } from './manifest.ts';
import { toPlanOptions } from './plan-options.ts';
import { toPlannedFiles } from './planned-files.ts';

const manifestName = 'manifest.json';

export interface Exported {
  readonly manifest: Manifest;
  readonly plan: Plan;
}

/**
 * Reads, compiles and writes a whole set into a folder, or leaves the folder as it was.
 * @throws KnownError with the exit code.
 */
export async function exportToFolder(folder: string, options: FetchOptions): Promise<Exported> {
  const started = new Date();
  const earlier = await readEarlierManifest(folder);
  const fetched = await fetchSelection(options);
  const plan = compilePlan(fetched.selection.values, toPlanOptions(options.config));
  const staged = await createFolderTarget(folder).stage(toPlannedFiles(plan));
  const manifest = toManifest(fetched, plan, staged.files, { started, finished: new Date() });
  await staged.add({ path: manifestName, lines: [JSON.stringify(manifest, null, 2)] });
  await staged.commit(earlier?.files.map(({ path }) => path));
  await staged.finish();
  return { manifest, plan };
}

/**
 * The manifest of an earlier export into this folder, or null.
 * @throws KnownError when it is someone else's: the folder is not the one that was meant.
 */
async function readEarlierManifest(folder: string): Promise<Manifest | null> {
  const file = join(folder, manifestName);
  const text = await readFile(file, 'utf8').catch(() => null);
  if (text === null) return null;
  const manifest = parseManifest(text);
  if (manifest !== null) return manifest;
  const message = `${file} was not written by ${packageJson.name}: nothing was changed; export into another folder`;
  throw new KnownError(message, { exitCode: 2 });
}

function parseManifest(text: string): Manifest | null {
  try {
    const manifest = JSON.parse(text) as Manifest;
    return manifest.tool === packageJson.name ? manifest : null;
  } catch {
    return null;
  }
}
