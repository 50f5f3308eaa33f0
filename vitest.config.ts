import { availableParallelism } from 'node:os';
import { defineConfig } from 'vitest/config';
import { findTestFiles } from './test/support/projects.ts';

const { unit, system } = findTestFiles(import.meta.dirname);

export default defineConfig({
  test: {
    // Tests of commands wait for disks and processes; with fewer than two workers for each core one is idle.
    maxWorkers: 2 * availableParallelism(),
    // Limits are there for what hangs. A machine that is slow, or busy with something else, fails no test.
    testTimeout: 180_000,
    hookTimeout: 180_000,
    reporters: ['default', './test/support/skipped-reporter.ts'],
    // The skipped ones are told with the condition that stands there.
    includeTaskLocation: true,
    projects: [
      {
        extends: true,
        test: { name: 'unit', include: [...unit], setupFiles: 'test/support/no-outside.ts', isolate: false },
      },
      {
        extends: true,
        test: {
          name: 'system',
          include: [...system],
          globalSetup: 'test/support/build.ts',
          isolate: false,
          // Built for users, and loaded by Node as it is.
          server: { deps: { external: [/\/dist\//] } },
        },
      },
    ],
  },
});
