import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { loadConfig } from '../../src/config/load.ts';
import { fetchSelection } from '../../src/sync/fetch-selection.ts';
import type { SkipReason } from '../../src/values/skip-reasons.ts';
import type { StoredIndicator, StoredObservable } from '../platform/data/objects.ts';
import { alienVault, icsCsirt, referenceLabels, tlpRed } from '../platform/data/references.ts';
import { writeIndicator, writeObservable } from '../platform/data/written.ts';
import { demoToken } from '../platform/server.ts';
import { makeFolder } from '../support/folder.ts';
import { openOpenCti } from '../support/opencti.ts';

/** Objects of OpenCTI and a configuration that cause a reason; `ALLOW` is an allow file. */
interface Cause {
  readonly observables?: readonly Partial<StoredObservable>[];
  readonly indicators?: readonly Partial<StoredIndicator>[];
  readonly config?: string;
}

const jarm = [referenceLabels.find(({ value }) => value === 'jarm')?.id ?? ''];
const of = (
  entity_type: StoredObservable['entity_type'],
  value: string,
  more: Partial<StoredObservable> = {},
) => ({
  observables: [{ entity_type, value, ...more }],
});
const name = (value: string, more: Partial<StoredObservable> = {}) => of('Domain-Name', value, more);
const address = (value: string) => of('IPv4-Addr', value);
const hash = (algorithm: string, text: string) => ({
  observables: [{ entity_type: 'StixFile', hashes: [{ algorithm, hash: text }] }] as const,
});
const pattern = (text: string, more: Partial<StoredIndicator> = {}) => ({
  indicators: [{ pattern: text, ...more }],
});
const indicator = (more: Partial<StoredIndicator>) => pattern("[domain-name:value = 'evil.com']", more);

/** One row a reason: a new one does not compile without. */
const causes: Readonly<Record<SkipReason, Cause>> = {
  'malformed-hash': hash('SHA-256', 'abc'),
  'malformed-address': address('31.0.0.1:443'),
  'malformed-name': name('evil.com/path'),
  'single-label': name('localhost'),
  'public-suffix': name('co.uk'),
  'special-use-name': name('printer.local'),
  'name-is-address': name('31.0.0.1'),
  'not-global': address('192.168.1.1'),
  multicast: address('224.0.0.251'),
  'platform-address': address('168.63.129.16'),
  'empty-file': hash('MD5', 'd41d8cd98f00b204e9800998ecf8427e'),
  'placeholder-hash': hash('SHA-1', '0'.repeat(40)),
  network: { ...address('31.13.64.0/22'), config: 'gates: { cidr: off }' },
  'network-too-large': { ...address('31.13.64.0/22'), config: 'select: { cidr_max_addresses: 1023 }' },
  'malformed-id': name('evil.com', { id: 'x\nb.evil.com:y' }),
  'unused-algorithm': hash('SHA-512', 'ab'.repeat(64)),
  'unused-object': pattern("[url:value = 'http://evil.com/']"),
  'pattern-type': pattern('rule evil { condition: true }', { pattern_type: 'yara' }),
  'pattern-syntax': pattern("[domain-name:value = 'open"),
  'pattern-operator': pattern("[domain-name:value LIKE '%.evil.com']"),
  'pattern-literal': pattern('[domain-name:value = 5]'),
  'pattern-negated': pattern("[domain-name:value != 'evil.com']"),
  'pattern-and': pattern("[domain-name:value = 'evil.com' AND ipv4-addr:value = '31.0.0.1']"),
  'pattern-sequence': pattern(
    "[domain-name:value = 'a.evil.com'] FOLLOWEDBY [domain-name:value = 'b.evil.com']",
  ),
  'pattern-qualifier': pattern("[domain-name:value = 'evil.com'] REPEATS 5 TIMES"),
  revoked: { ...name('evil.com'), ...indicator({ revoked: true }) },
  expired: { ...name('evil.com'), ...indicator({ valid_until: '2022-01-01T00:00:00.000Z' }) },
  'no-score': name('evil.com', { x_opencti_score: null }),
  'low-score': name('evil.com', { x_opencti_score: 49 }),
  'barred-label': {
    ...name('evil.com', { objectLabel: jarm }),
    ...indicator({}),
    config: 'select: { labels: { none: [jarm] } }',
  },
  'no-detection': {
    ...name('evil.com'),
    ...indicator({ x_opencti_detection: false }),
    config: 'select: { indicators: { detection: on } }',
  },
  'low-confidence': {
    ...indicator({ confidence: 69 }),
    config: 'select: { indicators: { min_confidence: 70 } }',
  },
  'filtered-label': { ...indicator({}), config: 'select: { labels: { any: [jarm] } }' },
  'filtered-marking': {
    ...indicator({ objectMarking: [tlpRed] }),
    config: 'select: { markings: { tlp_max: "TLP:AMBER" } }',
  },
  'filtered-author': {
    ...indicator({ createdBy: alienVault }),
    config: 'select: { authors: { in: [ICS-CSIRT.io] } }',
  },
  'filtered-age': {
    ...indicator({ created_at: '2022-01-01T00:00:00.000Z' }),
    config: 'select: { created_within: 90d }',
  },
  'no-indicator': { ...name('evil.com'), config: 'select: { observables: { when: with_indicator } }' },
  'filtered-kind': { ...indicator({}), config: 'select: { kinds: [ipv4] }' },
  allowed: { ...indicator({}), config: 'select: { allow_files: [ALLOW] }' },
  'warning-list': address('8.8.8.8'),
};

test.each(Object.entries(causes))(
  '%s',
  async (reason, { observables = [], indicators = [], config = '' }) => {
    const server = await openOpenCti({
      documented: false,
      written: {
        observables: observables.map((row) =>
          writeObservable({ createdBy: icsCsirt, ...row } as StoredObservable),
        ),
        indicators: indicators.map((row) =>
          writeIndicator({ createdBy: icsCsirt, ...row } as StoredIndicator),
        ),
      },
    });
    const folder = makeFolder();
    const [file, allow] = [join(folder, 'c.yml'), join(folder, 'allow.txt')];
    writeFileSync(allow, '.evil.com\n');
    writeFileSync(file, config.replace('ALLOW', allow));
    const environment = { OPENCTI_URL: server.url, OPENCTI_TOKEN: demoToken, WAZUH_HOME: '/nonexistent' };
    const progress = { read: () => {}, note: () => {}, end: () => {} };
    const loaded = loadConfig({ file, environment });
    const { selection } = await fetchSelection({
      config: loaded,
      progress,
      now: new Date('2023-01-02T00:00:00Z'),
    });
    expect(Object.keys(selection.skipped)).toEqual([reason]);
    expect([...selection.values]).toEqual([]);
    // Without the cause of the reason, a filter keeps nothing out.
    if (config === '') return;
    const plain = await fetchSelection({
      config: loadConfig({ environment }),
      progress,
      now: new Date('2023-01-02T00:00:00Z'),
    });
    expect(plain.selection.values.length).toBe(1);
  },
);
