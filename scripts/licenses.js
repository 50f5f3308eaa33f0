import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import { bundledAsText, cli, integration } from './bundles.js';

/** What the tool ships of others, with their licences; a test holds it against what the bundles are made of. */
export const licensesFile = 'THIRD-PARTY-LICENSES.txt';

/** What `install` copies to the manager as it is; the licence of the native piece is that of koffi. */
const copied = ['koffi'];

/** More than a package says of what is in it. */
const remarks = {
  tldts: 'It carries the Public Suffix List (https://publicsuffix.org), Mozilla Public License 2.0.',
};

/** The text of the file, by what esbuild puts into the bundles. */
export async function renderLicenses() {
  bundledAsText.clear();
  const built = await Promise.all(
    [cli, integration].map((options) => build({ ...options, metafile: true, write: false })),
  );
  const inputs = [...built.flatMap(({ metafile }) => Object.keys(metafile.inputs)), ...bundledAsText];
  const folders = new Set([
    ...inputs.map((path) => /^.*node_modules\/(?:@[^/]+\/)?[^/]+/.exec(path)?.[0]).filter(Boolean),
    ...copied.map((name) => `node_modules/${name}`),
  ]);
  const parts = await Promise.all([...folders].map(readPackage));
  const unique = new Map(parts.sort((a, b) => (a.name < b.name ? -1 : 1)).map((part) => [part.title, part]));
  return [
    'opencti-wazuh is under the licence in LICENSE. Its bundles hold parts of the packages below, under theirs.',
    ...[...unique.values()].map(({ title, remark, text }) =>
      [title, '='.repeat(title.length), ...(remark ? [remark] : []), '', text].join('\n'),
    ),
  ].join('\n\n');
}

async function readPackage(folder, _, folders) {
  const { name, version, license } = await readManifest(folder);
  const text = (await readLicense(folder)) ?? (await readOfSameRepository(folder, folders));
  if (text === undefined) throw new Error(`${folder} has no licence file: it cannot be shipped`);
  return { name, title: `${name} ${version} (${license})`, remark: remarks[name], text };
}

async function readManifest(folder) {
  return JSON.parse(await readFile(join(folder, 'package.json'), 'utf8'));
}

async function readLicense(folder) {
  const file = (await readdir(folder)).find((each) => /^licen[cs]e/i.test(each));
  if (file === undefined) return undefined;
  const text = await readFile(join(folder, file), 'utf8');
  return `${text.replaceAll('\r\n', '\n').trim()}\n`;
}

/** Of several packages that one repository publishes, some are published without the file. */
async function readOfSameRepository(folder, folders) {
  const { license, repository } = await readManifest(folder);
  for (const other of folders.filter((each) => each !== folder)) {
    const manifest = await readManifest(other);
    if (manifest.repository?.url !== repository?.url || manifest.license !== license) continue;
    const text = await readLicense(other);
    if (text !== undefined) return text;
  }
  return undefined;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) await writeFile(licensesFile, await renderLicenses());
