import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';

const name = `@koromix/koffi-linux-${process.arch}`;

/**
 * The files that the integration needs to send by itself, below the folder of its bundle: koffi's package for this
 * machine alone. None when there is no such package.
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

/** Looked for as koffi itself does. */
function findRoot(): string | null {
  try {
    const load = createRequire(createRequire(import.meta.url).resolve('koffi'));
    return dirname(load.resolve(name));
  } catch {
    return null;
  }
}
