import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { DemoArguments } from '../../src/commands/demo.ts';
import { exportToFolder } from '../../src/commands/export/index.ts';
import { formatExportSummary, type Manifest } from '../../src/commands/export/manifest.ts';
import { loadConfig } from '../../src/config/load.ts';
import type { Shell } from '../../src/shell.ts';
import { createProgress } from '../../src/sync/progress.ts';
import { formatUnits } from '../../src/text.ts';
import { createDemoData } from './data/demo-data.ts';
import { demoToken, startOpenCti } from './server.ts';

/** How many lines of a list are shown. */
const shownLines = 3;

/** The main job against an OpenCTI of our own on a loopback port: no platform and no manager are needed. */
export async function exportDemo(
  { folder, rows, signal }: DemoArguments,
  { stdout, stderr }: Shell,
): Promise<void> {
  const data = createDemoData({ observables: rows, indicators: Math.ceil(rows / 4), samples: true });
  const server = await startOpenCti({ data });
  try {
    stdout.write(`An embedded OpenCTI answers at ${server.url}\n\n`);
    const config = loadConfig({
      environment: { OPENCTI_URL: server.url, OPENCTI_TOKEN: demoToken, WAZUH_HOME: folder },
    });
    const progress = createProgress(stderr);
    const { manifest } = await exportToFolder(folder, { config, progress, now: new Date(), signal });
    stdout.write(`${formatExportSummary(folder, manifest)}\n\n${await formatFirstLines(folder, manifest)}\n`);
  } finally {
    await server.close();
  }
}

async function formatFirstLines(folder: string, { lists }: Manifest): Promise<string> {
  const parts = Object.entries(lists).map(async ([name, entries]) => {
    const path = join(folder, 'lists', name);
    const lines = (await readFile(path, 'utf8')).split('\n').slice(0, shownLines);
    return [`${path}: ${formatUnits(entries, 'entry')}`, ...lines.map((line) => `  ${line}`)].join('\n');
  });
  return ['First lines of each list', ...(await Promise.all(parts))].join('\n');
}
