import { expect, test } from 'vitest';
import { gateCanaries, listCanaries } from '../../src/wazuh/canaries.ts';
import { writeIndicator, writeObservable } from '../platform/data/written.ts';
import { setUp } from './support/set-up.ts';

const hashesOf = ({ sha256, sha1, md5 }: Readonly<Record<'sha256' | 'sha1' | 'md5', string>>) => [
  { algorithm: 'SHA-256', hash: sha256 },
  { algorithm: 'SHA-1', hash: sha1 },
  { algorithm: 'MD5', hash: md5 },
];

/** All that the selftest sends, as an OpenCTI would have it of a feed that met a selftest. */
const observables = [listCanaries, gateCanaries].flatMap((canaries) => [
  writeObservable({ entity_type: 'StixFile', hashes: hashesOf(canaries) }),
  writeObservable({ entity_type: 'Domain-Name', value: canaries.name }),
]);
const addresses = [
  writeObservable({ entity_type: 'IPv4-Addr', value: listCanaries.ipv4 }),
  writeObservable({ entity_type: 'IPv4-Addr', value: gateCanaries['ipv4-network'] }),
  writeObservable({ entity_type: 'IPv6-Addr', value: listCanaries.ipv6 }),
];
const indicators = [
  writeIndicator({ pattern: `[file:hashes.MD5 = '${listCanaries.md5}']` }),
  writeIndicator({ pattern: `[domain-name:value = '${listCanaries.name}']` }),
];

test('what the selftest sends, in OpenCTI too, stops no refresh and is in its list once', async () => {
  const bad = writeObservable({ entity_type: 'Domain-Name', value: 'bad-name.net' });
  const written = { observables: [...observables, ...addresses, bad], indicators };
  const set = await setUp({ data: { documented: false, written } });
  expect(await set.refresh()).toContain('Refreshed');
  expect(await set.refresh()).toContain('Nothing changed');
  const files = set.manager.readFiles();
  const lines = Object.entries(files)
    .filter(([path]) => path.startsWith('lists/'))
    .flatMap(([, text]) => text.trimEnd().split('\n'));
  expect(lines.some((line) => line.startsWith('bad-name.net:'))).toBe(true);
  const values = [listCanaries, gateCanaries].flatMap((canaries) => Object.values<string>(canaries));
  for (const value of values) {
    const found = lines.filter((line) => line.toLowerCase().includes(value));
    expect(found.filter((line) => !line.endsWith(':opencti-wazuh-canary'))).toEqual([]);
  }
  const explained = await set.run(['explain', listCanaries.md5]);
  expect(explained.stdout).toContain('selftest');
});
