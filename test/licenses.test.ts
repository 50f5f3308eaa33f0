import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import packageJson from '../package.json' with { type: 'json' };

const root = join(import.meta.dirname, '..');
const committed = readFileSync(join(root, 'THIRD-PARTY-LICENSES.txt'), 'utf8');

test('THIRD-PARTY-LICENSES.txt is that of what is bundled now: `npm run licenses` writes it anew', async () => {
  const { renderLicenses } = (await import('../scripts/licenses.js' as string)) as {
    renderLicenses(): Promise<string>;
  };
  expect(committed).toBe(await renderLicenses());
});

test('each package whose code is in a bundle, or is copied by install, is named with its licence', () => {
  const dist = join(root, 'dist');
  const bundles = readdirSync(dist)
    .filter((name) => /\.c?js$/.test(name))
    .map((name) => readFileSync(join(dist, name), 'utf8'));
  // esbuild says above each file where it is from.
  const names = bundles.flatMap((text) =>
    [...text.matchAll(/^\s*\/\/ node_modules\/((?:@[^/\s]+\/)?[^/\s]+)/gm)].map(([, name = '']) => name),
  );
  expect(new Set(names).size).toBeGreaterThan(10);
  for (const name of new Set([...names, 'tldts-core', 'koffi']))
    expect(committed, name).toMatch(new RegExp(`^${name.replaceAll('/', '\\/')} \\d\\S+ \\(`, 'm'));
  expect(packageJson.files).toContain('THIRD-PARTY-LICENSES.txt');
});
