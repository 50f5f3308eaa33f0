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

/** What differs between an export and a manager is which gate it is: both have gates of their own for networks. */
const withoutIds = (gates: readonly GateRow[]) => gates.map(({ field, rule }) => ({ field, rule }));

const query = { field: 'win.eventdata.queryName', rule: 100_649 };
const connections = [
  { field: 'win.eventdata.destinationIp', rule: 100_648 },
  { field: 'eventdata.destinationIp', rule: 100_650 },
];

test('a subdomain and an address of a network are found on a manager as in an export', async () => {
  const { run, refresh } = await setUp({
    data: { documented: false, written: { observables, indicators: [] } },
  });
  await refresh();
  const folder = join(makeFolder(), 'out');
  expect(await run(['export', folder])).toMatchObject({ code: 0 });
  for (const [value, gates] of [
    ['www.bad-name-one.net', [query]],
    ['WWW.Bad-Name-One.net.', [query]],
    ['31.13.67.255', connections],
    ['2a02:6b8:b:1::7', connections],
    ['not-bad-name-one.net', []],
    ['31.13.68.0', []],
  ] as const) {
    for (const from of [[], ['--from', folder]]) {
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
