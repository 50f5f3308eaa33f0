import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'vitest';
import { demoToken } from '../platform/server.ts';
import { type CliResult, runCli } from '../support/cli.ts';
import { dirtyIndicators, dirtyObservables } from '../support/dirty-platform.ts';
import { makeFolder } from '../support/folder.ts';
import { openOpenCti } from '../support/opencti.ts';
import { listFiles } from './files.ts';
import { clock, normalise, openRecordings } from './recording.ts';

const { expectKept, expectAllCompared } = openRecordings('export');

/** Kept as a text. */
const isOpaque = (path: string) => path === 'manifest.json';

/** These two hold the times of the run. */
const holdsTimes = (path: string) => path === 'report.json' || path === 'added.tsv';

function keepExport(name: string, folder: string, { code, stdout, stderr }: CliResult): void {
  const replacements = { [folder]: '<folder>' };
  const files = Object.entries(listFiles(folder, { replacements, withAccess: false, isOpaque }));
  expectKept(`${name}/files.txt`, files.map(([path, line]) => `${path}  ${line}`).join('\n'));
  expectKept(`${name}/manifest.json`, formatManifest(readFileSync(join(folder, 'manifest.json'), 'utf8')));
  expectKept(`${name}/says.txt`, normalise(`exit code ${code}\n${stdout}\nERRORS\n${stderr}`, replacements));
}

/** Without the bytes of the files that hold times, and without what the way to the rows did cost. */
function formatManifest(text: string): string {
  const { read, files, ...rest } = JSON.parse(text);
  const { requests: _, bytes: __, ...rows } = read;
  const kept = files.map((file: { path: string }) => (holdsTimes(file.path) ? { path: file.path } : file));
  return normalise(JSON.stringify({ ...rest, read: rows, files: kept }, null, 2));
}

test('the export of the demo', async () => {
  const folder = join(makeFolder(), 'demo');
  keepExport('demo', folder, await runCli(['demo', folder, '--rows', '1000'], clock));
});

test('an export of every kind and every dirt, with the text of its files', async () => {
  const written = { observables: dirtyObservables, indicators: dirtyIndicators };
  const { url } = await openOpenCti({ documented: false, written });
  const folder = makeFolder();
  const access = { OPENCTI_URL: url, OPENCTI_TOKEN: demoToken, ...clock };
  keepExport('dirty', folder, await runCli(['export', folder], access));
  const read = (path: string) => readFileSync(join(folder, path), 'utf8');
  for (const path of [
    'rules/0011-opencti-gates.xml',
    'rules/zzzz-opencti-rules.xml',
    'decoders/zzzz-opencti-decoder.xml',
    'lists/opencti-win-query-name',
    'lists/opencti-linux-destination-ip',
    'ossec.conf.snippet',
    'values.tsv',
  ])
    expectKept(`dirty/${path}`, read(path));
  expectKept('dirty/report.json', normalise(read('report.json')));
});

expectAllCompared();
