import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { Shell } from '../shell.ts';
import { packageRoot } from '../text.ts';

export interface DemoArguments {
  readonly folder: string;
  /** Observables of the generated data. */
  readonly rows: number;
  readonly signal: AbortSignal;
}

/**
 * Exports from the pretend OpenCTI of the tests (`test/platform`). It is in a bundle of its own, which no other command
 * loads: the product itself has no pretend server.
 */
export async function runDemo(options: DemoArguments, shell: Shell): Promise<void> {
  const bundle = pathToFileURL(join(packageRoot(), 'dist/demo.js')).href;
  const { exportDemo } = (await import(bundle)) as {
    exportDemo(options: DemoArguments, shell: Shell): Promise<void>;
  };
  await exportDemo(options, shell);
}
