import { expect, test } from 'vitest';
import { describeMatches } from '../../src/commands/explain/explanation.ts';
import { loadConfig } from '../../src/config/load.ts';
import type { CheckedValue, ObservableKind } from '../../src/values/kinds.ts';

const config = loadConfig({ environment: { WAZUH_HOME: '/nonexistent' } });
const off = { ...config, gates: { ...config.gates, hashes: false, domains: false } };
const sysmon = 'a Sysmon field with several hashes ("SHA1=...,MD5=...")';

test.each<[ObservableKind, string, typeof config, string[], string[]]>([
  [
    'name',
    'evil.com',
    config,
    ['a query for evil.com', 'another case (EVIL.COM)', 'a name below it (www.evil.com)'],
    ['the domain above it', 'a name that only ends like it (notevil.com)'],
  ],
  [
    'name',
    'github.io',
    config,
    ['a query for github.io', 'another case (GITHUB.IO)'],
    [
      'the domain above it',
      'a name that only ends like it (notgithub.io)',
      "a name below it (www.github.io): those are other people's",
    ],
  ],
  [
    'name',
    'evil.com',
    off,
    ['a query for evil.com'],
    [
      'the domain above it',
      'a name that only ends like it (notevil.com)',
      'another case (EVIL.COM): gates.domains is off',
      'a name below it (www.evil.com): gates.domains is off',
    ],
  ],
  [
    'md5',
    'ab',
    config,
    ['the hash ab in FIM and in Sysmon, as each of them spells it', sysmon],
    ['the same file by a hash that OpenCTI does not have'],
  ],
  [
    'md5',
    'ab',
    off,
    ['the hash ab in FIM and in Sysmon, as each of them spells it'],
    ['the same file by a hash that OpenCTI does not have', `${sysmon}: gates.hashes is off`],
  ],
  [
    'ipv4',
    '31.0.0.1',
    config,
    ['a connection to 31.0.0.1'],
    ['a connection to another address of its network', 'a query for a name that leads to it'],
  ],
  ['ipv4-network', '31.0.0.0/24', config, ['any address of 31.0.0.0/24'], ['an address outside of it']],
])('%s %s', (kind, value, chosen, matches, misses) => {
  const observable = { kind, value: value as CheckedValue };
  expect(describeMatches(observable, true, chosen)).toEqual({ matches, misses });
  expect(describeMatches(observable, false, chosen)).toEqual({ matches: [], misses: [] });
});
