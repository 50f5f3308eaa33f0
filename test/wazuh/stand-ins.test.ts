import { beforeAll, describe, expect, it } from 'vitest';
import { evaluate } from '../engine-model/evaluate.ts';
import type { LoadedRuleset } from '../engine-model/load-ruleset.ts';
import { knownMalware } from '../support/stock-ruleset/stand-ins.ts';
import { type Claims, loadPlan, loadStock } from './load-plan.ts';
import {
  listedAddress,
  listedHash,
  listedName,
  listedNetwork,
  type StandInEvent,
  standInEvents,
} from './stand-in-events.ts';

const listed: Claims = [
  ['sha256', listedHash],
  ['sha256', knownMalware],
  ['ipv4', listedAddress],
  ['ipv4', listedNetwork],
  ['name', listedName],
];
const others: Claims = [
  ['sha256', 'a0'.repeat(32)],
  ['sha1', 'a0'.repeat(20)],
  ['md5', 'a0'.repeat(16)],
  ['ipv4', '31.13.0.1'],
  ['ipv4', '31.14.0.0/24'],
  ['ipv6', '2a02::/48'],
  ['name', 'unlisted.evil.net'],
];

/** Returns which rule ends the event, and at which level: all that a site can see of it. */
function endOf({ ruleset }: LoadedRuleset, { toEvent }: StandInEvent, value: string) {
  const { fired, silencedBy } = evaluate(ruleset, toEvent(value));
  return { fired, silencedBy };
}

const rows = standInEvents.map((row): [string, StandInEvent] => [
  `${row.id}${row.match === null ? '' : ` beside ${row.match}`}`,
  row,
]);

let stock: LoadedRuleset;
let withListed: LoadedRuleset;
let withOthers: LoadedRuleset;
let withNothing: LoadedRuleset;
beforeAll(() => {
  stock = loadStock();
  withListed = loadPlan(listed);
  withOthers = loadPlan(others);
  withNothing = loadPlan([]);
});

it('every file loads as it stands', () => {
  expect([stock, withListed, withOthers, withNothing].flatMap(({ problems }) => problems)).toEqual([]);
});

it('every stand-in has an event', () => {
  const met = [...new Set(standInEvents.map(({ id }) => id))].sort((a, b) => a - b);
  expect([...stock.ruleset.tree.rules.keys()].sort((a, b) => a - b)).toEqual(met);
});

describe.each(rows)('stock rule %s', (_, row) => {
  const { id, outcome, values, match } = row;

  it('is met without our files', () => {
    for (const value of [...values.listed, ...values.unlisted]) {
      const end = endOf(stock, row, value);
      expect(end.fired?.id, value).toBe(outcome === 'fired' ? id : undefined);
      expect(end.silencedBy?.id, value).toBe(outcome === 'silencedBy' ? id : undefined);
    }
  });

  it('ends the event as before where the value is not listed', () => {
    for (const value of values.unlisted) {
      const before = endOf(stock, row, value);
      expect(endOf(withOthers, row, value), value).toEqual(before);
      expect(endOf(withNothing, row, value), value).toEqual(before);
    }
  });

  it(`gives way to ${match ?? 'nothing'} where it is`, () => {
    for (const value of values.listed) {
      const end = endOf(withListed, row, value);
      if (match === null) expect(end, value).toEqual(endOf(stock, row, value));
      else expect(end, value).toMatchObject({ fired: { id: match }, silencedBy: null });
    }
  });
});

it('each row of the table that an event of a stock rule carries is among them', () => {
  const matches = new Set(standInEvents.flatMap(({ match }) => match ?? []));
  const sysmonAndFim = [
    ...[100_640, 100_641, 100_642, 100_643, 100_644, 100_645, 100_646, 100_647, 100_648, 100_649],
    ...[100_653, 100_654, 100_655],
    ...[119_000, 119_001, 119_002, 119_003],
  ];
  expect([...matches].sort()).toEqual(sysmonAndFim);
});
