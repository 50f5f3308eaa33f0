import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** `lookup` on a list of a million keys, beside an empty Node process; medians of interleaved runs. */
const keys = 1_000_000;
const runs = 30;
const wanted = 2.2;

const folder = mkdtempSync(join(tmpdir(), 'opencti-wazuh-bench-'));
try {
  writeList(join(folder, 'lists'));
  const empty: number[] = [];
  const lookup: number[] = [];
  for (let run = 0; run < runs; run += 1) {
    empty.push(time(['-e', '']));
    lookup.push(time(['bin/opencti-wazuh', 'lookup', `host-${run * 31_337}.example.com`, '--from', folder]));
  }
  const ratio = median(lookup) / median(empty);
  console.log(`lookup among ${keys.toLocaleString('en')} keys, medians of ${runs} interleaved runs`);
  console.log(`  empty Node process  ${median(empty).toFixed(0)} ms`);
  console.log(`  lookup              ${median(lookup).toFixed(0)} ms`);
  console.log(`  ratio               ${ratio.toFixed(2)} (wanted: at most ${wanted})`);
} finally {
  rmSync(folder, { recursive: true });
}

function writeList(lists: string): void {
  mkdirSync(lists);
  const lines = Array.from(
    { length: keys },
    (_, index) => `host-${index}.example.com:0e5e40ee-2ad3-4fc3-a9c6-a75869ea3c2e`,
  );
  writeFileSync(join(lists, 'opencti-win-query-name'), `${lines.sort().join('\n')}\n`);
}

function time(args: readonly string[]): number {
  const started = performance.now();
  const { status, stderr } = spawnSync(process.execPath, args, { encoding: 'utf8' });
  if (status !== 0) throw new Error(`${args.join(' ')}: exit code ${status}: ${stderr}`);
  return performance.now() - started;
}

function median(times: readonly number[]): number {
  return times.toSorted((a, b) => a - b)[Math.floor(times.length / 2)] ?? Number.NaN;
}
