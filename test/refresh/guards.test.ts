import { expect, test } from 'vitest';
import {
  countValues,
  findNextReload,
  objectToPlatform,
  objectToRows,
  objectToShrinking,
  objectToSize,
} from '../../src/commands/refresh/guards.ts';
import type { FileChange } from '../../src/sync/changes.ts';

const guards = { shrinkLimit: 50, maxEntries: 2_000_000, maxAge: 93_600_000, minReloadInterval: 600_000 };
const none = { count: 0, first: [] };
const read = ['opencti-fim-sha256', 'opencti-win-query-name'].map((name) => ({ name, values: 0 }));
const change = (path: string, before: number, after: number): FileChange => {
  return { path, how: 'changed', before, after, added: none, removed: none, problem: null };
};

test.each([
  [
    12_004,
    310,
    'list opencti-fim-sha256 would shrink from 12,004 to 310 entries (97 %), more than guards.shrink_limit 50 %: nothing was changed; look at the filters, or run with --force',
  ],
  [
    101,
    50,
    'list opencti-fim-sha256 would shrink from 101 to 50 entries (50 %), more than guards.shrink_limit 50 %: nothing was changed; look at the filters, or run with --force',
  ],
  [102, 51, null],
  [100, 0, null],
  [101, 500, null],
])('a list that goes from %d to %d entries', (before, after, objection) => {
  expect(objectToShrinking([change('lists/opencti-fim-sha256', before, after)], read, guards)).toBe(
    objection,
  );
});

test('rules may shrink as they like', () => {
  expect(objectToShrinking([change('rules/0011-opencti-gates.xml', 9_000, 100)], read, guards)).toBeNull();
});

test('what a list of an earlier version loses is no loss', () => {
  expect(objectToShrinking([change('lists/opencti-linux-hashes', 12_004, 1)], read, guards)).toBeNull();
});

test('what a list of a source that is off loses is no loss', () => {
  const emptied = [change('lists/opencti-zeek-query', 12_004, 0)];
  expect(objectToShrinking(emptied, read, guards)).toBeNull();
  const stillRead = [...read, { name: 'opencti-zeek-query', values: 0 }];
  expect(objectToShrinking(emptied, stillRead, guards)).toMatch(/list opencti-zeek-query would shrink/);
});

test('values are compared, whatever spellings a version of the tool writes for each', () => {
  const names = [{ name: 'opencti-win-query-name', values: 600 }];
  // Two keys a name now; the first version had one.
  const changes = [change('lists/opencti-win-query-name', 1_200, 1_200), change('rules/a.xml', 9, 1)];
  const first = { lists: { 'opencti-win-query-name': 1_200 } };
  expect(countValues(changes, names, first)).toEqual([
    change('lists/opencti-win-query-name', 1_200, 600),
    change('rules/a.xml', 9, 1),
  ]);
  const now = { lists: { 'opencti-win-query-name': 1_200 }, listValues: { 'opencti-win-query-name': 600 } };
  expect(countValues(changes, names, now)[0]).toEqual(change('lists/opencti-win-query-name', 600, 600));
  expect(countValues(changes, names, null)).toEqual(changes);
});

test('no list has more values than max_entries', () => {
  const list = (values: number) => [{ name: 'opencti-fim-md5', values }];
  expect(objectToSize(list(2_000_000), guards)).toBeNull();
  expect(objectToSize(list(2_000_001), guards)).toMatch(
    /^list opencti-fim-md5 would have 2,000,001 values, more than guards\.max_entries 2,000,000: nothing was changed/,
  );
});

test('rows of one kind are rows', () => {
  expect(objectToRows({ observables: 0, indicators: 1 })).toBeNull();
  expect(objectToRows({ observables: 0, indicators: 0 })).toMatch(/no rows at all/);
});

const noon = new Date('2026-11-24T12:00:00Z');
const at = (time: string) => new Date(`2026-11-24T${time}Z`);

test.each([
  ['11:00:00', null],
  ['13:00:00', null],
  [
    '10:59:59',
    /clock of this machine says 2026-11-24T12:00:00\.000Z and OpenCTI's says 2026-11-24T10:59:59\.000Z/,
  ],
  ['13:00:01', /more than an hour apart/],
])('a platform whose clock says %s at noon', (time, objection) => {
  const told = objectToPlatform({ platformId: 'a', date: at(time) }, 'a', noon);
  if (objection === null) expect(told).toBeNull();
  else expect(told).toMatch(objection);
});

test.each([
  ['a', 'a', null],
  ['a', null, null],
  [null, 'a', null],
  ['b', 'a', /another OpenCTI answers than last time \(platform b, before a\)/],
])('platform %s after %s', (platformId, lastId, objection) => {
  const told = objectToPlatform({ platformId, date: null }, lastId, noon);
  if (objection === null) expect(told).toBeNull();
  else expect(told).toMatch(objection);
});

test.each([
  ['a minute ago', '11:59:00', '12:09:00'],
  ['as long ago as it has to be', '11:50:00', null],
  ['in a future that a clock came back from', '12:00:01', null],
])('a reload %s', (_, time, next) => {
  const expected = next === null ? null : at(next);
  expect(findNextReload({ appliedAt: at(time), askedAt: null }, guards, noon)).toEqual(expected);
  expect(findNextReload({ appliedAt: at('09:00:00'), askedAt: at(time) }, guards, noon)).toEqual(expected);
});

test('no reload yet', () =>
  expect(findNextReload({ appliedAt: null, askedAt: null }, guards, noon)).toBeNull());
