import { join } from 'node:path';
import { packageRoot } from './package-root.ts';

/** The whole path of a page of the documentation, which is installed with the tool: a reader may have no network. */
export function toPage(name: string): string {
  return join(packageRoot(), 'docs', name);
}
