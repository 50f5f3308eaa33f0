import { join } from 'node:path';
import { expect, test } from 'vitest';
import { writeObservable } from '../platform/data/written.ts';
import { setUp } from '../refresh/support/set-up.ts';
import { makeFolder } from '../support/folder.ts';

const observables = [
  writeObservable({ id: 'n-listed', entity_type: 'Domain-Name', value: 'bad-name-one.net' }),
  writeObservable({ id: 'net-4', entity_type: 'IPv4-Addr', value: '31.13.64.0/22' }),
  writeObservable({ id: 'net-6', entity_type: 'IPv6-Addr', value: '2a02:6b8:b::/48' }),
];

interface GateRow {
  readonly field: string;
  readonly rule: number;
  readonly gate: number;
}

/** An export and a manager have gates of their own for networks, so the ids of these are left out. */
const withoutIds = (gates: readonly GateRow[]) => gates.map(({ field, rule }) => ({ field, rule }));

/** The alert rules of a field, in their order. */
const rulesOf = (field: string, ...rules: number[]) => rules.map((rule) => ({ field, rule }));

const queries = rulesOf('win.eventdata.queryName', 100_649, 119_010);
const ofWindows = [
  ...rulesOf('win.eventdata.destinationIp', 100_648),
  ...rulesOf('eventdata.destinationIp', 100_650),
  ...rulesOf('win.eventdata.ipAddress', 119_130, 119_131),
  ...rulesOf('win.eventdata.destAddress', 119_136),
  ...rulesOf('win.eventdata.address', 119_140, 119_141, 119_142),
  ...rulesOf('win.eventXML.address', 119_143, 119_144, 119_145),
  ...rulesOf('win.eventdata.param3', 119_146),
  ...rulesOf('win.eventXML.param3', 119_147),
];
const ofFirewalls = rulesOf('dstip', 119_090, 119_091);
/** Rows of `srcip`, `dest_ip` and `src_ip` need decoders of the manager; an export has those of every engine. */
const onManager = [
  ...ofWindows,
  ...rulesOf('srcip', 119_020, 119_022),
  ...ofFirewalls,
  ...rulesOf('dest_ip', 119_100, 119_101),
  ...rulesOf('src_ip', 119_102),
];
const inExport = [...ofWindows, ...ofFirewalls];

test('a subdomain and an address of a network are found on a manager as in an export', async () => {
  const { run, refresh } = await setUp({
    data: { documented: false, written: { observables, indicators: [] } },
  });
  await refresh();
  const folder = join(makeFolder(), 'out');
  expect(await run(['export', folder])).toMatchObject({ code: 0 });
  for (const [value, ofManager, ofExport] of [
    ['www.bad-name-one.net', queries, queries],
    ['WWW.Bad-Name-One.net.', queries, queries],
    ['31.13.67.255', onManager, inExport],
    ['2a02:6b8:b:1::7', onManager, inExport],
    ['not-bad-name-one.net', [], []],
    ['31.13.68.0', [], []],
  ] as const) {
    for (const [from, gates] of [
      [[], ofManager],
      [['--from', folder], ofExport],
    ] as const) {
      const found = await run(['lookup', value, '--json', ...from]);
      const [result] = JSON.parse(found.stdout) as [{ lists: unknown[]; gates: GateRow[] }];
      expect({ value, from, gates: withoutIds(result.gates) }).toEqual({ value, from, gates });
      expect(result.lists).toEqual([]);
      expect(found.code).toBe(gates.length > 0 ? 0 : 1);
      const explained = await run(['explain', value, '--json', ...from]);
      const explanation = JSON.parse(explained.stdout) as { gates: GateRow[]; steps: { text: string }[] };
      expect({ value, from, gates: withoutIds(explanation.gates) }).toEqual({ value, from, gates });
      expect(explanation.steps.at(-1)?.text).toContain(
        gates.length > 0 ? 'with it would match by a gate' : 'It is in no list and in no gate',
      );
    }
  }
});
