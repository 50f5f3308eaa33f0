import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

let root: string | undefined;

/** The folder of this package: the same from `src` as from the bundle in `dist`. */
export function packageRoot(): string {
  root ??= findUpwards(dirname(fileURLToPath(import.meta.url)));
  return root;
}

function findUpwards(folder: string): string {
  return existsSync(join(folder, 'package.json')) ? folder : findUpwards(dirname(folder));
}
