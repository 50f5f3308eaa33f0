import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, expect, test } from 'vitest';
import { findInLists } from '../../src/commands/explain/published.ts';
import { createLiveSource } from '../../src/commands/explain/sources.ts';
import { loadConfig } from '../../src/config/load.ts';
import { preflight } from '../../src/opencti/platform.ts';
import { connect } from '../../src/sync/connect.ts';
import { toSelectionOptions } from '../../src/sync/filters.ts';
import type { CheckedValue, Observable, ObservableKind } from '../../src/values/kinds.ts';
import { openDetectionFolder } from '../../src/wazuh/detection-folder.ts';
import { createDemoData } from '../platform/data/demo-data.ts';
import { toNoise } from '../platform/data/noise.ts';
import { demoToken, type OpenCtiServer, startOpenCti } from '../platform/server.ts';
import { runCli } from '../support/cli.ts';
import { makeLastingFolder } from '../support/lasting-folder.ts';
import { runs } from '../support/runs.ts';

const folder = makeLastingFolder();
const config = join(folder, 'c.yml');
let server: OpenCtiServer;

/** Each kind of filter at once, so that each reason comes up. */
const section = `select:
  labels: { none: [jarm] }
  authors: { out: [Ada Demo] }
  markings: { tlp_max: "TLP:AMBER" }
  indicators: { detection: on }
  name: { min_score: 70 }
  kinds: [sha256, md5, ipv4, name]
`;

beforeAll(async () => {
  const data = createDemoData({ observables: 10_000, indicators: 3_000, samples: true });
  server = await startOpenCti({ data });
  writeFileSync(config, section);
  const args = ['export', join(folder, 'out'), '--config', config];
  const result = await runCli(args, { OPENCTI_URL: server.url, OPENCTI_TOKEN: demoToken });
  expect(result.code, result.stderr).toBe(0);
  return () => server.close();
});

interface Exported {
  readonly decision: string;
  readonly id: string;
}

/** Every value that the export decided about, as the file has them. */
function readDecisions(): Map<string, Exported> {
  const [, ...lines] = readFileSync(join(folder, 'out/values.tsv'), 'utf8').trimEnd().split('\n');
  return new Map(
    lines.map((line) => {
      const [kind = '', value = '', decision = '', , id = ''] = line.split('\t');
      return [`${kind} ${value}`, { decision, id }];
    }),
  );
}

/** OpenCTI finds no hash by a name of its algorithm that is none of its own (`SHA256`), so explain cannot either. */
function findHidden(): Set<string> {
  const everything = {
    order: { field: 'created_at', descending: false },
    after: null,
    accept: () => true,
  } as const;
  const hidden = new Set<string>();
  for (const { hashes = [] } of server.data.observables.rows(everything)) {
    if (hashes.every(({ algorithm }) => ['MD5', 'SHA-1', 'SHA-256', 'SHA-512'].includes(algorithm))) continue;
    for (const { hash } of hashes) hidden.add(hash ?? '');
  }
  return hidden;
}

function toObservables(keys: readonly string[]): Observable[] {
  return keys.map((key) => {
    const [kind, value] = key.split(' ') as [ObservableKind, CheckedValue];
    return { kind, value };
  });
}

/** A random choice that is the same each time. */
function choose(keys: readonly string[], count: number): string[] {
  const order = keys.map((key, index) => ({ key, noise: toNoise(7, index, 1) }));
  return order
    .sort((a, b) => a.noise - b.noise)
    .slice(0, count)
    .map(({ key }) => key);
}

/** By the noise of the demo, which is the same each time; of the 13,000 objects. */
const values = runs(2_500, 10_000);

const batchSize = 1_500;

/** @param knowsIds as where lists and the record of a run are at hand. */
async function decideAll(
  observables: readonly Observable[],
  knowsIds: boolean,
): Promise<Map<string, string>> {
  const out = join(folder, 'out');
  const environment = { OPENCTI_URL: server.url, OPENCTI_TOKEN: demoToken, WAZUH_HOME: out };
  const loaded = loadConfig({ file: config, environment });
  const client = connect(loaded.opencti, { note: () => {} }, undefined);
  const platform = await preflight(client);
  const selection = await toSelectionOptions(client, loaded, new Date(), () => {});
  const lists = openDetectionFolder(out);
  const exported = readDecisions();
  const findIds = (observable: Observable) => {
    if (!knowsIds) return [];
    const recorded = exported.get(`${observable.kind} ${observable.value}`)?.id;
    return [...findInLists(observable, lists).map(({ id }) => id), ...(recorded ? [recorded] : [])];
  };
  const source = createLiveSource({ client, platform, config: loaded, selection, findIds });
  const decisions = new Map<string, string>();
  for (let from = 0; from < observables.length; from += batchSize) {
    const batch = observables.slice(from, from + batchSize);
    const decided = await source.decide(batch);
    for (const [index, { decision, reason }] of decided.entries()) {
      const { kind, value } = batch[index] as Observable;
      decisions.set(`${kind} ${value}`, decision === 'out' ? `${reason}` : decision);
    }
  }
  client.close();
  return decisions;
}

test.each([
  ['with', true],
  ['without', false],
])(
  'explain and export agree about thousands of values, %s the ids of lists',
  async (_, knowsIds) => {
    const exported = readDecisions();
    const hidden = findHidden();
    const asked = [...exported.keys()].filter((key) => !hidden.has(key.slice(key.indexOf(' ') + 1)));
    const chosen = choose(asked, values);
    expect(chosen).toHaveLength(values);
    const explained = await decideAll(toObservables(chosen), knowsIds);
    const differing = chosen.filter((key) => explained.get(key) !== exported.get(key)?.decision);
    expect(
      differing.map((key) => `${key}: explain ${explained.get(key)}, export ${exported.get(key)?.decision}`),
    ).toEqual([]);
    const reasons = new Set(explained.values());
    for (const reason of [
      'in',
      'revoked',
      'expired',
      'low-score',
      'no-score',
      'barred-label',
      'no-detection',
    ]) {
      expect(reasons).toContain(reason);
    }
  },
  300_000,
);

test('and about 1,000 values that OpenCTI has not', { timeout: 120_000 }, async () => {
  const exported = readDecisions();
  const strangers = Array.from({ length: 1_000 }, (_, index) => {
    const noise = toNoise(99, index, 5).toString(16).padStart(8, '0');
    const kinds = [
      `sha256 ${noise.repeat(8)}`,
      `md5 ${noise.repeat(4)}`,
      `name x${noise}.stranger.evil.net`,
      `ipv4 45.${index % 250}.${(index >> 3) % 250}.${(index * 7) % 250}`,
    ];
    return kinds[index % kinds.length] as string;
  }).filter((key) => !exported.has(key));
  expect(strangers.length).toBeGreaterThan(990);
  const explained = await decideAll(toObservables(strangers), false);
  expect(strangers.filter((key) => explained.get(key) !== 'unknown')).toEqual([]);
});
