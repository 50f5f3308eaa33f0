import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    globalSetup: 'test/support/build.ts',
    // Most tests wait for a process; the default leaves a core of two idle.
    maxWorkers: '100%',
    testTimeout: 30_000,
    hookTimeout: 30_000,
    // Built for users, and loaded by Node as it is.
    server: { deps: { external: [/\/dist\//] } },
  },
});
