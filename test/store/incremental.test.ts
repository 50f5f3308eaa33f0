import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { Config } from '../../src/config/schema.ts';
import { writeIndicator, writeObservable } from '../platform/data/written.ts';
import type { RecordedRequest } from '../platform/requests.ts';
import { demoToken, type OpenCtiServer } from '../platform/server.ts';
import { openOpenCti } from '../support/opencti.ts';
import { createMemory, type RecordMemory } from './support/memory.ts';
import { decisionsOf, type Run, run, toConfig } from './support/run.ts';

const start = Date.parse('2026-11-24T00:00:00Z');
const hour = 3_600_000;

/** What happens to a platform between two runs; numbers pick an object, whichever there are. */
type Event =
  | { readonly kind: 'create'; readonly value: number; readonly score: number }
  | { readonly kind: 'indicate'; readonly value: number; readonly revoked: boolean; readonly hours: number }
  | { readonly kind: 'edit'; readonly pick: number; readonly score: number }
  | { readonly kind: 'revoke'; readonly pick: number }
  | { readonly kind: 'delete'; readonly pick: number }
  | { readonly kind: 'wait'; readonly hours: number }
  | { readonly kind: 'run'; readonly full: boolean }
  /** A run that reads everything and is cut at one of its pages, if it has as many. */
  | { readonly kind: 'cut'; readonly page: number };

const pick = fc.nat(1000);
const value = fc.nat(12);
const event: fc.Arbitrary<Event> = fc.oneof(
  fc.record({ kind: fc.constant('create' as const), value, score: fc.constantFrom(10, 50, 90) }),
  fc.record({
    kind: fc.constant('indicate' as const),
    value,
    revoked: fc.boolean(),
    hours: fc.integer({ min: 1, max: 9 }),
  }),
  fc.record({ kind: fc.constant('edit' as const), pick, score: fc.constantFrom(10, 50, 90) }),
  fc.record({ kind: fc.constant('revoke' as const), pick }),
  fc.record({ kind: fc.constant('delete' as const), pick }),
  fc.record({ kind: fc.constant('wait' as const), hours: fc.integer({ min: 1, max: 5 }) }),
  fc.record({ kind: fc.constant('run' as const), full: fc.constantFrom(true, false, false) }),
  fc.record({ kind: fc.constant('cut' as const), page: fc.integer({ min: 0, max: 10 }) }),
);

function createHistory(server: OpenCtiServer) {
  const { observables, indicators } = server.data;
  const ids = { observables: [] as string[], indicators: [] as string[] };
  let clock = start;
  let made = 0;
  const stamp = () => {
    made += 1;
    return new Date(start + made * 1000).toISOString();
  };
  const toFile = (number: number) => ({
    entity_type: 'StixFile' as const,
    hashes: [
      { algorithm: 'MD5', hash: `${number % 4}0`.repeat(16) },
      { algorithm: 'SHA-1', hash: `${number % 4}0`.repeat(20) },
      // Two of the four are one file by this alone.
      { algorithm: 'SHA-512', hash: toSha512(number) },
    ],
  });
  const toSha512 = (number: number) => `${Math.min(number % 4, 2)}1`.repeat(64);
  const patternOf = (number: number) => {
    if (number === 2) return `[file:hashes.'SHA-512' = '${toSha512(number)}']`;
    if (number < 4) return `[file:hashes.MD5 = '${`${number}0`.repeat(16)}']`;
    const name = `[domain-name:value = 'h${number}.evil.net']`;
    return number % 3 === 0 ? `${name} REPEATS 2 TIMES` : name;
  };
  const at = (list: string[], number: number) => list[number % list.length];
  const happen: { [K in Event['kind']]?: (event: never) => void } = {
    create({ value: number, score }: Extract<Event, { kind: 'create' }>) {
      const time = stamp();
      const own =
        number < 4 ? toFile(number) : { entity_type: 'Domain-Name' as const, value: `h${number}.evil.net` };
      const row = writeObservable({ ...own, id: `o${made}`, created_at: time, x_opencti_score: score });
      observables.add(row);
      ids.observables.push(row.id);
    },
    indicate({ value: number, revoked, hours }: Extract<Event, { kind: 'indicate' }>) {
      const created_at = stamp();
      const valid_until = new Date(clock + hours * hour).toISOString();
      const pattern = patternOf(number);
      const row = writeIndicator({
        pattern,
        id: `i${made}`,
        created_at,
        revoked,
        valid_until,
        x_opencti_score: 80,
      });
      indicators.add(row);
      ids.indicators.push(row.id);
    },
    edit({ pick: number, score }: Extract<Event, { kind: 'edit' }>) {
      const id = at(ids.observables, number);
      if (id) observables.edit(id, { x_opencti_score: score, updated_at: stamp() });
    },
    revoke({ pick: number }: Extract<Event, { kind: 'revoke' }>) {
      const id = at(ids.indicators, number);
      if (id) indicators.edit(id, { revoked: true, updated_at: stamp() });
    },
    delete({ pick: number }: Extract<Event, { kind: 'delete' }>) {
      const list = number % 2 === 0 ? ids.observables : ids.indicators;
      const id = at(list, number);
      if (!id) return;
      (number % 2 === 0 ? observables : indicators).remove(id);
      list.splice(list.indexOf(id), 1);
    },
    wait({ hours }: Extract<Event, { kind: 'wait' }>) {
      clock += hours * hour;
    },
    cut() {
      clock += hour / 60;
    },
  };
  return { happen: (each: Event) => happen[each.kind]?.(each as never), now: () => clock };
}

/** A run that everything is asked of, and that the platform refuses a page. */
async function runCut(server: OpenCtiServer, now: number, memory: RecordMemory, page: number): Promise<void> {
  const isPage = ({ variables }: RecordedRequest) => variables.first !== undefined;
  server.faults.add({ kind: 'error', code: 'FORBIDDEN_ACCESS' }, { after: page, when: isPage });
  await run(toConfig(server.url, { ...small, fullEvery: 0 }), now, memory).catch(() => {});
  server.faults.clear();
}

const small = { pageSize: 3 };

/** Runs beside a fresh export. @returns what the run did. */
async function runBoth(
  server: OpenCtiServer,
  now: number,
  memory: RecordMemory,
  full: boolean,
): Promise<Run> {
  const fresh = await run(toConfig(server.url), now);
  const kept = await run(toConfig(server.url, { ...small, fullEvery: full ? 0 : 24 * hour }), now, memory);
  // The counts show each delete that no new object makes up for.
  expect(decisionsOf(kept)).toEqual(decisionsOf(fresh));
  return kept;
}

/** Some pages, so that there is something to cut. */
const beginning: readonly Event[] = Array.from({ length: 13 }, (_, number) => [
  { kind: 'create', value: number, score: 90 } as const,
  { kind: 'indicate', value: number, revoked: number % 3 === 0, hours: number } as const,
]).flat();

test('any history: after each run the lists are those of a fresh export', { timeout: 240_000 }, async () => {
  const runs: Run[] = [];
  await fc.assert(
    fc.asyncProperty(fc.array(event, { minLength: 5, maxLength: 40 }), async (events) => {
      const server = await openOpenCti({ documented: false }, { dateOffset: start - Date.now() });
      const history = createHistory(server);
      const memory = createMemory();
      for (const each of [...beginning, ...events, { kind: 'run', full: false } as const]) {
        if (each.kind === 'cut') await runCut(server, history.now(), memory, each.page);
        history.happen(each);
        if (each.kind === 'run') runs.push(await runBoth(server, history.now(), memory, each.full));
      }
      await server.close();
    }),
    { numRuns: 40, endOnFailure: true },
  );
  const count = (is: (run: Run) => boolean) => runs.filter(is).length;
  // Of about 100 runs; histories are drawn anew each time, and a fourth of them is usual.
  expect(count(({ whyAll }) => whyAll === null)).toBeGreaterThan(5);
  expect(count(({ whyAll }) => whyAll !== null)).toBeGreaterThan(5);
});

async function openSome(observables = 60) {
  const server = await openOpenCti({ documented: false, observables, indicators: 30 });
  const memory = createMemory();
  const first = await run(toConfig(server.url), start, memory);
  return { server, memory, first };
}

test('a second run reads the rows of the overlap alone, in few requests', async () => {
  const { server, memory, first } = await openSome(2000);
  expect(first.whyAll).toMatch(/no record/);
  const second = await run(toConfig(server.url, { pageSize: 1000 }), start + hour, memory);
  expect(second).toMatchObject({ whyAll: null, lists: first.lists });
  expect(second.rows).toBeLessThan(first.rows / 2);
  // Who and what it is, the platform's id, what changed of each kind, and how many there are.
  expect(second.requests).toBe(6);
});

test('an indicator ends without a row of it being read', async () => {
  const server = await openOpenCti({ documented: false });
  const valid_until = new Date(start + hour).toISOString();
  const created_at = new Date(start).toISOString();
  server.data.indicators.add(
    writeIndicator({ pattern: "[domain-name:value = 'a.evil.net']", id: 'i', created_at, valid_until }),
  );
  const memory = createMemory();
  const before = await run(toConfig(server.url), start + 1, memory);
  expect(before.lists['opencti-win-query-name']).toEqual(['a.evil.net.:i', 'a.evil.net:i']);
  const after = await run(toConfig(server.url), start + hour, memory);
  expect(after).toMatchObject({ whyAll: null, skipped: { expired: 1 } });
  expect(after.lists['opencti-win-query-name']).toEqual([]);
});

test('a delete is told by the counts', async () => {
  const { server, memory } = await openSome();
  const [row] = server.data.observables.rows({
    order: { field: 'created_at', descending: false },
    after: null,
    accept: (type) => type === 'StixFile',
  });
  server.data.observables.remove(row?.id ?? '');
  const kept = await run(toConfig(server.url), start, memory);
  expect(kept.whyAll).toMatch(
    /^OpenCTI has \d+ observables and 30 indicators, the record \d+ observables and 30/,
  );
  expect(decisionsOf(kept)).toEqual(decisionsOf(await run(toConfig(server.url), start)));
});

test.each<[string, Partial<Config['opencti']>, number, (file: Buffer) => Buffer, RegExp]>([
  ['the time for it has come', {}, 24 * hour, (file) => file, /full_every/],
  ['it comes from the future', {}, -1, (file) => file, /full_every/],
  ['a bit of it is another one', {}, 0, (file) => flip(file, 5000), /no record/],
  ['it is cut', {}, 0, (file) => file.subarray(0, -1), /no record/],
  ['it is empty', {}, 0, () => Buffer.alloc(0), /no record/],
  ['it is something else', {}, 0, () => Buffer.from('hello\n'), /no record/],
])('everything is read when %s', async (_, changes, later, damage, reason) => {
  const { server, memory, first } = await openSome();
  memory.file = damage(memory.file ?? Buffer.alloc(0));
  const kept = await run(toConfig(server.url, changes), start + later, memory);
  expect(kept.whyAll).toMatch(reason);
  expect(kept.lists).toEqual(first.lists);
  const next = await run(toConfig(server.url, changes), start + later, memory);
  expect(next.whyAll).toBeNull();
});

test('everything is read when the configuration is another one', async () => {
  const { server, memory } = await openSome();
  const config = toConfig(server.url);
  const changed = { ...config, select: { ...config.select, minScore: 90 } };
  const kept = await run(changed, start, memory);
  expect(kept.whyAll).toMatch(/configuration/);
  expect(kept.lists).toEqual((await run(changed, start)).lists);
});

test('a record that cannot be written is told, and costs nothing else', async () => {
  const { server, first } = await openSome();
  const broken = {
    ...createMemory(),
    write: () => {
      throw new Error('no space is left');
    },
  };
  expect((await run(toConfig(server.url), start, broken)).lists).toEqual(first.lists);
});

test('a read of everything that is cut leaves the record of before, and the next run begins from the top', async () => {
  const { server, memory, first } = await openSome();
  const before = memory.file;
  const full = toConfig(server.url, { ...small, retryFor: 0, fullEvery: 0 });
  const isPage = ({ variables }: RecordedRequest) => variables.first === small.pageSize;
  server.faults.add({ kind: 'error', code: 'FORBIDDEN_ACCESS' }, { after: 5, when: isPage });
  await expect(run(full, start + hour, memory)).rejects.toThrow(/FORBIDDEN_ACCESS|not allowed/);
  server.faults.clear();
  expect(memory.file).toBe(before);
  const next = await run(full, start + 2 * hour, memory);
  expect(next).toMatchObject({ rows: first.rows, lists: first.lists });
});

test('a read that takes longer than opencti.max_duration ends, and leaves the record of before', async () => {
  const { server, memory } = await openSome();
  const before = memory.file;
  const isPage = ({ variables }: RecordedRequest) => variables.first === small.pageSize;
  server.faults.add({ kind: 'silence' }, { after: 3, when: isPage });
  const limited = toConfig(server.url, { ...small, fullEvery: 0, maxDuration: 400 });
  await expect(run(limited, start + hour, memory)).rejects.toThrow(/longer than opencti\.max_duration/);
  expect(memory.file).toBe(before);
});

test('an edit that comes while everything is read, after its row, is in the next run', async () => {
  const minute = 60_000;
  const time = (number: number) => new Date(start - 1000 * minute + number * minute).toISOString();
  const observables = Array.from({ length: 40 }, (_, number) =>
    writeObservable({
      entity_type: 'Domain-Name',
      id: `o${number}`,
      value: `h${number}.evil.net`,
      created_at: time(number),
      x_opencti_score: 60,
    }),
  );
  const server = await openOpenCti(
    { documented: false, written: { observables, indicators: [] } },
    { dateOffset: start - Date.now() },
  );
  const memory = createMemory();
  // The read takes an hour: the newest row it knows is younger than the edit that it does not.
  const edit = () => {
    server.data.observables.edit('o3', {
      x_opencti_score: 10,
      updated_at: new Date(start + minute).toISOString(),
    });
    server.data.observables.edit('o38', {
      x_opencti_score: 90,
      updated_at: new Date(start + hour).toISOString(),
    });
  };
  const isPage = ({ variables }: RecordedRequest) => variables.first === small.pageSize;
  server.faults.add({ kind: 'change', run: edit }, { after: 3, times: 1, when: isPage });
  const first = await run(toConfig(server.url, small), start, memory);
  expect(first.lists['opencti-win-query-name']).toContain('h3.evil.net:o3');
  const next = await run(toConfig(server.url, small), start + hour + minute, memory);
  expect(next.whyAll).toBeNull();
  expect(decisionsOf(next)).toEqual(decisionsOf(await run(toConfig(server.url), start)));
  expect(next.lists['opencti-win-query-name']).not.toContain('h3.evil.net:o3');
});

test('no token is in the record', async () => {
  const { memory } = await openSome();
  expect(memory.file?.includes(demoToken)).toBe(false);
});

function flip(file: Buffer, at: number): Buffer {
  file[at] = (file[at] ?? 0) ^ 1;
  return file;
}
