import type { Claims } from './load-plan.ts';
import { fimMessage, linuxMessage, sysmonMessage } from './messages.ts';

/** A message whose value is listed, and the rule that has to fire, whatever else the manager has. */
export interface ListedEvent {
  readonly name: string;
  readonly message: string;
  readonly ruleId: number;
}

const sha256 = '23ccc6a5c84c21b753c18f64bd7e8430e9e589e3c5021e5806693d1e05bdb2b5';
const sha1 = '747f90eb692977fc75784f386d74d138de185dfd';
const md5 = 'a021ce03c13cf38bd46c5fbcc989e740';

export const listedValues: Claims = [
  ['sha256', sha256],
  ['sha1', sha1],
  ['md5', md5],
  ['ipv4', '105.112.50.80'],
  ['ipv4', '31.13.24.0/21'],
  ['name', 'sazoya.com'],
];

/** For a set that is as large, and has none of the values of the events. */
export const otherValues: Claims = [
  ['sha256', 'a0'.repeat(32)],
  ['sha1', 'a0'.repeat(20)],
  ['md5', 'a0'.repeat(16)],
  ['ipv4', '45.83.64.1'],
  ['ipv4', '45.83.72.0/21'],
  ['ipv6', '2a02:6b8::/32'],
  ['name', 'unlisted.evil.net'],
];

const single = { Hashes: `SHA256=${sha256.toUpperCase()}` };
const composite = `SHA1=${'1A'.repeat(20)},MD5=${'2B'.repeat(16)},SHA256=${sha256.toUpperCase()},IMPHASH=${'3C'.repeat(16)}`;
const otherHashes = { hash_sha256: 'b0'.repeat(32), hash_sha1: 'b0'.repeat(20), hash_md5: 'b0'.repeat(16) };

const windows = (name: string, ruleId: number, event: number, data: Readonly<Record<string, string>>) => ({
  name: `Sysmon ${event}, ${name}`,
  message: sysmonMessage(event, { Image: 'C:\\Temp\\x.exe', User: 'LAB\\ann', ...data }),
  ruleId,
});
const linux = (ruleId: number, event: number, data: Readonly<Record<string, string>>) => ({
  name: `Sysmon for Linux ${event}`,
  message: linuxMessage(event, { Image: '/tmp/x', User: 'root', ...data }),
  ruleId,
});

const hashEvents = [1, 6, 7, 15, 23, 24, 25, 26, 27, 28, 29];
const hashRules = [
  ...[100_640, 100_641, 100_642, 100_643, 100_644, 100_645, 100_646],
  ...[119_000, 119_001, 119_002, 119_003],
];

/** Every row of the table, by its list and, where it has them, by its patterns: 32 events. */
export const listedEvents: readonly ListedEvent[] = [
  ...hashEvents.map((event, at) => windows('hashes', hashRules[at] ?? 0, event, single)),
  windows('hash', 100_647, 15, { Hash: single.Hashes }),
  windows('one hash of four', 100_640, 1, { Hashes: composite }),
  windows('one hash of four in hash', 100_647, 15, { Hash: composite }),
  windows('address', 100_648, 3, { DestinationIp: '105.112.50.80' }),
  windows('mapped address', 100_648, 3, { DestinationIp: '0:0:0:0:0:ffff:6970:3250' }),
  windows('address of a network', 100_648, 3, { DestinationIp: '31.13.31.255' }),
  windows('name', 100_649, 22, { QueryName: 'sazoya.com' }),
  windows('name with a dot at its end', 100_649, 22, { QueryName: 'sazoya.com.' }),
  windows('subdomain in another case', 100_649, 22, { QueryName: 'WWW.Sazoya.COM' }),
  linux(100_651, 1, { Hashes: `SHA256=${sha256}` }),
  linux(100_650, 3, { DestinationIp: '105.112.50.80' }),
  linux(100_652, 23, { Hashes: `SHA1=${'b0'.repeat(20)},MD5=${md5}` }),
  ...(['modified', 'deleted', 'added'] as const).flatMap((type, at) =>
    Object.entries({ hash_sha256: sha256, hash_sha1: sha1, hash_md5: md5 }).map(([hash, value], order) => ({
      name: `FIM ${type}, ${hash}`,
      message: fimMessage(type, { ...otherHashes, [hash]: value }),
      ruleId: 100_653 + 3 * order + at,
    })),
  ),
];
