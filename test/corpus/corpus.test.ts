import { join } from 'node:path';
import { expect, test } from 'vitest';
import { demoToken } from '../platform/server.ts';
import { runCli } from '../support/cli.ts';
import { makeFolder, readTree } from '../support/folder.ts';
import { openOpenCti } from '../support/opencti.ts';
import { decideAll } from './decide.ts';
import { generateCorpus } from './generate.ts';

/** How each list spells the values of which kinds, by docs/detections.md and the events of the engine. */
const hashes = (kinds: readonly string[], label: boolean) => (kind: string, text: string) => {
  if (!kinds.includes(kind)) return [];
  return [label ? `${kind.toUpperCase()}=${text.toUpperCase()}` : text];
};
const addresses = (isLinux: boolean) => (kind: string, text: string) => {
  if (text.includes('/')) return [];
  if (kind === 'ipv4') {
    // Of dual-stack sockets; the form with dots is for a manager alone, since the server API refuses it.
    const mapped = [`0:0:0:0:0:ffff:${toGroups(text)}`, ...(isLinux ? [`::ffff:${toGroups(text)}`] : [])];
    return [text, ...mapped.map((each) => `"${each}"`)];
  }
  if (kind !== 'ipv6') return [];
  const expanded = expand(text);
  return [...new Set(isLinux ? [expanded, text] : [expanded])].map((each) => `"${each}"`);
};
const all = ['md5', 'sha1', 'sha256'];
const lists: Readonly<Record<string, (kind: string, text: string) => string[]>> = {
  'opencti-win-hashes': hashes(all, true),
  'opencti-win-hash': hashes(all, true),
  'opencti-fim-sha256': hashes(['sha256'], false),
  'opencti-fim-sha1': hashes(['sha1'], false),
  'opencti-fim-md5': hashes(['md5'], false),
  'opencti-win-destination-ip': addresses(false),
  'opencti-linux-destination-ip': addresses(true),
  'opencti-win-query-name': (kind, text) => (kind === 'name' ? [text, `${text}.`] : []),
};

/** The last two of eight groups, unpadded. */
function toGroups(ipv4: string): string {
  const [a = 0, b = 0, c = 0, d = 0] = ipv4.split('.').map(Number);
  return [(a << 8) | b, (c << 8) | d].map((group) => group.toString(16)).join(':');
}

/** As Sysmon writes it: eight groups, none of them padded. */
function expand(text: string): string {
  const [head = '', tail] = text.split('::');
  if (tail === undefined) return text;
  const [before, after] = [head, tail].map((part) => part.split(':').filter(Boolean)) as [string[], string[]];
  return [...before, ...Array(8 - before.length - after.length).fill('0'), ...after].join(':');
}

const reasons = [
  'empty-file',
  'expired',
  'low-score',
  'malformed-address',
  'malformed-hash',
  'malformed-id',
  'malformed-name',
  'multicast',
  'name-is-address',
  'network-too-large',
  'no-score',
  'not-global',
  'pattern-and',
  'pattern-literal',
  'pattern-negated',
  'pattern-operator',
  'pattern-qualifier',
  'pattern-sequence',
  'pattern-syntax',
  'pattern-type',
  'placeholder-hash',
  'platform-address',
  'public-suffix',
  'revoked',
  'single-label',
  'special-use-name',
  'unused-algorithm',
  'unused-object',
  'warning-list',
];

test('the values have the shares of a real platform', () => {
  const { observables } = generateCorpus(1, { observables: 103_000, indicators: 0 });
  const share = (...types: string[]) =>
    observables.filter(({ entity_type }) => types.includes(entity_type)).length / observables.length;
  expect(share('Domain-Name', 'Hostname')).toBeCloseTo(0.52, 3);
  expect(share('Hostname')).toBeCloseTo(0.13, 3);
  expect(share('IPv4-Addr')).toBeCloseTo(0.4, 3);
  expect(share('IPv6-Addr')).toBeCloseTo(0.01, 3);
  expect(share('StixFile', 'Artifact')).toBeCloseTo(0.07, 3);
});

test.each([
  ['3,000 objects', 7, { observables: 2_500, indicators: 500 }],
  ['124,000 objects', 1, { observables: 103_000, indicators: 21_000 }],
])(
  '%s: the lists are those of a second reading',
  async (_, seed, size) => {
    const corpus = generateCorpus(seed, size);
    expect([corpus.observables.length, corpus.indicators.length]).toEqual([
      size.observables,
      size.indicators,
    ]);
    const server = await openOpenCti({ documented: false, written: corpus });
    const folder = makeFolder();
    const result = await runCli(['export', folder, '--json'], {
      OPENCTI_URL: server.url,
      OPENCTI_TOKEN: demoToken,
    });
    expect(result.code, result.stderr).toBe(0);
    // Each shape is met: so is each reason that needs no filter.
    const { skipped } = JSON.parse(result.stdout).values;
    if (size.observables > 100_000) expect(Object.keys(skipped).sort()).toEqual(reasons);
    const decided = decideAll(corpus.observables, corpus.indicators, { now: Date.now(), minScore: 50 });
    expect(decided.size).toBeGreaterThan(size.observables / 3);
    const files = readTree(join(folder, 'lists'));
    for (const [name, toKeys] of Object.entries(lists)) {
      const expected = new Set<string>();
      for (const [key, id] of decided) {
        const [kind = '', text = ''] = key.split(' ');
        for (const each of toKeys(kind, text)) expected.add(`${each}:${id}`);
      }
      const found = new Set((files[name] ?? '').split('\n').filter(Boolean));
      const missing = [...expected].filter((line) => !found.has(line));
      const surplus = [...found].filter((line) => !expected.has(line));
      expect({ name, missing: missing.slice(0, 20), surplus: surplus.slice(0, 20) }).toEqual({
        name,
        missing: [],
        surplus: [],
      });
    }
    const networks = [...decided].flatMap(([key, id]) => {
      const [kind, text = ''] = key.split(' ');
      const name = text.replace('/', '_');
      return text.includes('/') ? [`${kind === 'ipv6' ? `"${name}"` : name}:${id}`] : [];
    });
    expect((files['opencti-networks'] ?? '').split('\n').filter(Boolean).sort()).toEqual(networks.sort());
  },
  300_000,
);
