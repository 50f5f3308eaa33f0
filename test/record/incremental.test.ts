import fc from 'fast-check';
import { expect, test } from 'vitest';
import { fetchSelection } from '../../src/commands/fetch-selection.ts';
import type { RecordPlace } from '../../src/commands/read-with-record.ts';
import { compileLists } from '../../src/compile/lists.ts';
import type { Config } from '../../src/config/config.ts';
import { loadConfig } from '../../src/config/load-config.ts';
import { writeIndicator, writeObservable } from '../../src/demo/data/written.ts';
import { demoToken, type OpenCtiServer } from '../../src/demo/server.ts';
import { openOpenCti } from '../support/opencti.ts';

const start = Date.parse('2026-11-24T00:00:00Z');
const hour = 3_600_000;

interface Memory extends RecordPlace {
  file: Buffer | null;
}

function createMemory(): Memory {
  return {
    file: null,
    // A copy: what a run does to it must not show before it is written.
    read() {
      return this.file && Buffer.from(this.file);
    },
    write(parts) {
      this.file = Buffer.concat([...parts]);
    },
  };
}

function toConfig(url: string, changes: Partial<Config['opencti']> = {}): Config {
  const config = loadConfig({
    environment: { OPENCTI_URL: url, OPENCTI_TOKEN: demoToken, WAZUH_HOME: '/nonexistent' },
  });
  return { ...config, opencti: { ...config.opencti, pageSize: 7, ...changes } };
}

interface Run {
  readonly lists: Readonly<Record<string, readonly string[]>>;
  readonly skipped: object;
  readonly rows: number;
  readonly requests: number;
  readonly notes: readonly string[];
}

async function run(config: Config, now: number, record?: RecordPlace): Promise<Run> {
  const notes: string[] = [];
  const progress = { read() {}, end() {}, note: (text: string) => notes.push(text) };
  const { selection, read } = await fetchSelection({ config, progress, now: new Date(now), record });
  const lists = Object.fromEntries(
    compileLists(selection.values).map(({ name, lines }) => [name, [...lines]]),
  );
  return { lists, skipped: selection.skipped, rows: read.rows, requests: read.requests, notes };
}

const isFull = ({ notes }: Run) => notes.some((note) => note.startsWith('reading everything'));
const decisionsOf = ({ lists, skipped }: Run) => ({ lists, skipped });

/** What happens to a platform between two runs; numbers pick an object, whichever there are. */
type Event =
  | { readonly kind: 'create'; readonly value: number; readonly score: number }
  | { readonly kind: 'indicate'; readonly value: number; readonly revoked: boolean; readonly hours: number }
  | { readonly kind: 'edit'; readonly pick: number; readonly score: number }
  | { readonly kind: 'revoke'; readonly pick: number }
  | { readonly kind: 'delete'; readonly pick: number }
  | { readonly kind: 'wait'; readonly hours: number }
  | { readonly kind: 'run'; readonly full: boolean };

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
    hashes: ['MD5', 'SHA-1'].map((algorithm) => ({
      algorithm,
      hash: String(number % 4).repeat(algorithm === 'MD5' ? 32 : 40),
    })),
  });
  const patternOf = (number: number) =>
    number < 4
      ? `[file:hashes.MD5 = '${String(number).repeat(32)}']`
      : `[domain-name:value = 'h${number}.example']`;
  const at = (list: string[], number: number) => list[number % list.length];
  const happen: { [K in Event['kind']]?: (event: never) => void } = {
    create({ value: number, score }: Extract<Event, { kind: 'create' }>) {
      const time = stamp();
      const own =
        number < 4 ? toFile(number) : { entity_type: 'Domain-Name' as const, value: `h${number}.example` };
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
  };
  return { happen: (each: Event) => happen[each.kind]?.(each as never), now: () => clock };
}

test('any history: after each run the lists are those of a fresh export', { timeout: 120_000 }, async () => {
  let changesOnly = 0;
  await fc.assert(
    fc.asyncProperty(fc.array(event, { minLength: 5, maxLength: 40 }), async (events) => {
      const server = await openOpenCti({ documented: false });
      const history = createHistory(server);
      const memory = createMemory();
      for (const each of [...events, { kind: 'run', full: false } as const]) {
        history.happen(each);
        if (each.kind !== 'run') continue;
        const config = toConfig(server.url, { fullEvery: each.full ? 0 : 24 * hour });
        const fresh = await run(toConfig(server.url), history.now());
        const kept = await run(config, history.now(), memory);
        // The counts tell of each delete that no new object makes up for.
        expect(decisionsOf(kept)).toEqual(decisionsOf(fresh));
        if (!isFull(kept)) changesOnly += 1;
      }
      await server.close();
    }),
    { numRuns: 60, endOnFailure: true },
  );
  expect(changesOnly).toBeGreaterThan(30);
});
