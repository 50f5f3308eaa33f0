import { build } from 'esbuild';

/** The CLI: own code bundled, split by command so that each loads only what it needs; packages stay packages. */
const cli = {
  entryPoints: { 'opencti-wazuh': 'src/cli.ts' },
  bundle: true,
  splitting: true,
  format: 'esm',
  platform: 'node',
  target: 'node20.19',
  packages: 'external',
  outdir: 'dist',
  logLevel: 'warning',
};

await build(cli);
