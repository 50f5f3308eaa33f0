import { execFileSync } from 'node:child_process';
import { join } from 'node:path';

/** Tests of commands run what users run: the bundle, made of the sources under test. */
export function setup(): void {
  execFileSync(process.execPath, [join(import.meta.dirname, '../../scripts/build.js')], { stdio: 'inherit' });
}
