import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync } from 'node:fs';
import { build } from 'esbuild';

/** `npm run bench -- <name> [arguments]`: builds `bench/<name>.ts` or `bench/<name>/main.ts` and runs it. */
const [name, ...rest] = process.argv.slice(2);
const candidates = [`bench/${name}.ts`, `bench/${name}/main.ts`];
const entry = candidates.find((file) => existsSync(file));

if (entry === undefined) {
  const names = readdirSync('bench').map((file) => file.replace(/\.ts$/, ''));
  console.error(`npm run bench -- <name>: "${name ?? ''}" is no bench; legal: ${names.join(', ')}`);
  process.exit(2);
}

// Not in `dist`, which is packed; below `node_modules`, so that packages are found.
const outfile = `node_modules/.cache/bench/${name}.mjs`;
await build({
  entryPoints: [entry],
  bundle: true,
  format: 'esm',
  platform: 'node',
  target: 'node20.19',
  packages: 'external',
  outfile,
  logLevel: 'warning',
});
const { status } = spawnSync(process.execPath, ['--expose-gc', outfile, ...rest], { stdio: 'inherit' });
process.exit(status ?? 1);
