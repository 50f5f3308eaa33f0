import { describe, expect, test } from 'vitest';
import { writeIndicator, writeObservable } from '../platform/data/written.ts';
import type { RecordedRequest } from '../platform/requests.ts';
import { demoToken, type OpenCtiServer, type OpenCtiServerOptions } from '../platform/server.ts';
import { openOpenCti } from '../support/opencti.ts';
import { createMemory, type RecordMemory } from './support/memory.ts';
import { decisionsOf, type Run, run, toConfig } from './support/run.ts';

const now = Date.now();
const minute = 60_000;

/** 6 pages of observables, 4 of indicators, and an empty one behind each. */
const options = { pageSize: 7, retryFor: 0 } as const;
const allPages = 12;

/** Rows that stay the same in all tests; the newest is long past. */
async function open(more: Omit<OpenCtiServerOptions, 'data'> = {}): Promise<OpenCtiServer> {
  const time = (number: number) => new Date(Date.UTC(2025, 0, 1) + number * minute).toISOString();
  const observables = Array.from({ length: 40 }, (_, number) =>
    writeObservable({
      entity_type: 'Domain-Name',
      id: `o${number}`,
      value: `h${number}.evil.net`,
      created_at: time(number),
      x_opencti_score: 60,
    }),
  );
  const indicators = Array.from({ length: 25 }, (_, number) =>
    writeIndicator({
      id: `i${number}`,
      pattern: `[domain-name:value = 'h${number + 30}.evil.net']`,
      created_at: time(number),
      x_opencti_score: 70,
    }),
  );
  return await openOpenCti({ documented: false, written: { observables, indicators } }, more);
}

const isPage = ({ variables }: RecordedRequest) => typeof variables.first === 'number';
const pagesOf = (server: OpenCtiServer) => server.requests.filter(isPage);
/** A page of a read of everything: changes have filters, and counts a row. */
const isOfAll = ({ variables }: RecordedRequest) => variables.filters === undefined && variables.first !== 1;
const nameOf = ({ query, variables }: RecordedRequest) =>
  `${/stixCyberObservables/.test(query ?? '') ? 'observables' : 'indicators'} ${variables.after ?? ''}`;

/** A run that fails at a page, counted from 0. @returns its message. */
async function runCut(
  server: OpenCtiServer,
  memory: RecordMemory,
  page: number,
  { at = now, code = 'FORBIDDEN_ACCESS' }: { readonly at?: number; readonly code?: string } = {},
): Promise<string> {
  server.faults.add({ kind: 'error', code }, { after: page, when: isPage });
  const error = await run(toConfig(server.url, options), at, memory).then(
    () => new Error('nothing failed'),
    (failure: Error) => failure,
  );
  server.faults.clear();
  return error.message;
}

const goOn = (server: OpenCtiServer, memory: RecordMemory, at = now + minute): Promise<Run> =>
  run(toConfig(server.url, options), at, memory);

describe('a read of everything that was cut', () => {
  test('goes on behind its last page, whichever that is: no page is asked for twice, and no row is lost', async () => {
    const server = await open();
    const fresh = await run(toConfig(server.url, options), now, createMemory());
    // Each name has two keys: programs may ask with a dot at the end.
    expect(fresh.lists['opencti-win-query-name']).toHaveLength(2 * 55);
    const asked = pagesOf(server).map(nameOf);
    expect(asked).toHaveLength(allPages);
    for (let page = 1; page < allPages; page += 1) {
      const memory = createMemory();
      const before = server.requests.length;
      const message = await runCut(server, memory, page);
      expect(message).toMatch(/1 page is kept|\d+ pages are kept/);
      const kept = await goOn(server, memory);
      expect(decisionsOf(kept), `cut at page ${page}`).toEqual(decisionsOf(fresh));
      // The page that was refused is asked for again, and so is an empty one before it: there was nothing to keep.
      const again = server.requests.slice(before).filter((request) => isPage(request) && isOfAll(request));
      expect(again.map(nameOf).toSorted()).toEqual(
        [...asked, ...asked.slice(page === 7 ? 6 : page, page + 1)].toSorted(),
      );
      const rows = kept.resumed?.rows ?? 0;
      expect(rows + kept.rows).toBe(65);
      expect(memory.log.file).toBeNull();
      expect((await goOn(server, memory)).whyAll).toBeNull();
    }
  });

  test('says where it goes on', async () => {
    const server = await open();
    const memory = createMemory();
    expect(await runCut(server, memory, 3)).toMatch(
      /refused access .*; 3 pages are kept, and a refresh within opencti\.resume_for goes on from there$/,
    );
    const kept = await goOn(server, memory, now + 5 * minute);
    expect(kept.resumed).toMatchObject({ page: 4, rows: 21 });
    expect(kept.notes[0]).toMatch(
      /^a read that was cut goes on from page 4: 21 rows were read, the last ones (4|5) min ago$/,
    );
    expect(kept.whyAll).toMatch(/no record/);
  });

  test('can be cut again and again: each run has what the ones before had', async () => {
    const server = await open();
    const memory = createMemory();
    for (let turn = 1; turn < allPages; turn += 1) {
      const message = await runCut(server, memory, 1, { at: now + turn * minute });
      // An empty page is none to keep.
      expect(message).toContain('kept');
    }
    const kept = await goOn(server, memory, now + allPages * minute);
    expect(decisionsOf(kept)).toEqual(decisionsOf(await run(toConfig(server.url), now)));
  });

  test('before its first page leaves nothing', async () => {
    const server = await open();
    const memory = createMemory();
    expect(await runCut(server, memory, 0)).not.toContain('kept');
    expect(memory.log.file).toBeNull();
    expect((await goOn(server, memory)).resumed).toBeNull();
  });

  test('leaves no token', async () => {
    const server = await open();
    const memory = createMemory();
    await runCut(server, memory, 8);
    expect(memory.log.file?.length).toBeGreaterThan(1_000);
    expect(memory.log.file?.includes(demoToken)).toBe(false);
  });

  test('by opencti.max_duration: a platform that takes several runs is read to its end', async () => {
    const server = await open();
    const memory = createMemory();
    const config = toConfig(server.url, { ...options, maxDuration: 400 });
    let runs = 0;
    let done: Run | null = null;
    while (done === null && runs < 50) {
      runs += 1;
      // Each run gets three pages.
      server.faults.add(
        { kind: 'silence' },
        { after: 3, when: (request) => isPage(request) && isOfAll(request) },
      );
      done = await run(config, now + runs * minute, memory).catch((error: Error) => {
        expect(error.message).toMatch(/longer than opencti\.max_duration/);
        return null;
      });
      server.faults.clear();
    }
    expect(runs).toBeGreaterThanOrEqual(4);
    expect(done && decisionsOf(done)).toEqual(decisionsOf(await run(toConfig(server.url), now)));
  });
});

describe('what happens on the platform while the read is cut', () => {
  const later = () => new Date(now + 1000).toISOString();

  test('an edit of a row that was read, a new row, and an edit of one that was not', async () => {
    const server = await open();
    const memory = createMemory();
    await runCut(server, memory, 4);
    const { observables, indicators } = server.data;
    observables.edit('o3', { x_opencti_score: 10, updated_at: later() });
    observables.edit('o38', { x_opencti_score: 10, updated_at: later() });
    observables.add(
      writeObservable({ entity_type: 'Domain-Name', id: 'new', value: 'new.evil.net', created_at: later() }),
    );
    indicators.edit('i9', { revoked: true, updated_at: later() });
    const kept = await goOn(server, memory);
    expect(kept.resumed).not.toBeNull();
    expect(decisionsOf(kept)).toEqual(decisionsOf(await run(toConfig(server.url), now + minute)));
    const names = kept.lists['opencti-win-query-name'] ?? [];
    expect(names).toContain('new.evil.net:new');
    expect(names.filter((line) => /^h(3|38|39)\./.test(line))).toEqual([
      expect.stringMatching(/^h38.*\.:i8$/),
      expect.stringMatching(/^h38.*[^.]:i8$/),
    ]);
  });

  test('a delete: it shows in the counts, and all is read from the top', async () => {
    const server = await open();
    const memory = createMemory();
    await runCut(server, memory, 4);
    server.data.observables.remove('o3');
    const kept = await goOn(server, memory);
    expect(kept.notes).toContain('reading from the first page: 1 object that was read is gone');
    expect(kept.resumed).toBeNull();
    expect(decisionsOf(kept)).toEqual(decisionsOf(await run(toConfig(server.url), now)));
  });

  test('a delete of a row that was not read costs nothing', async () => {
    const server = await open();
    const memory = createMemory();
    await runCut(server, memory, 4);
    server.data.observables.remove('o39');
    const kept = await goOn(server, memory);
    expect(kept.resumed).not.toBeNull();
    expect(decisionsOf(kept)).toEqual(decisionsOf(await run(toConfig(server.url), now)));
  });

  test('deletes without end: the second time they wait for the next run, so that there is an end', async () => {
    const server = await open();
    const memory = createMemory();
    await runCut(server, memory, 4);
    server.data.observables.remove('o3');
    // The rest of the first read, its changes and counts, and three pages of the second one.
    expect(await runCut(server, memory, 12 - 4 + 4 + 3, { at: now + minute })).toContain('3 pages are kept');
    server.data.observables.remove('o5');
    const kept = await goOn(server, memory, now + 2 * minute);
    expect(kept.notes).toContain(
      '1 object that was read is gone; the lists are so until the next run, which reads everything',
    );
    expect(kept.lists['opencti-win-query-name']).toContain('h5.evil.net:o5');
    const next = await goOn(server, memory, now + 3 * minute);
    expect(next.whyAll).toMatch(/^OpenCTI has 38 observables .* the record 39 /);
    expect(decisionsOf(next)).toEqual(decisionsOf(await run(toConfig(server.url), now)));
  });

  test('a delete behind a second read that had all pages: that one can be read again', async () => {
    const server = await open();
    const memory = createMemory();
    await runCut(server, memory, 4);
    server.data.observables.remove('o3');
    // The rest of the first read, its changes and counts, and the second one up to its last page, which is empty.
    const message = await runCut(server, memory, 12 - 4 + 4 + allPages - 1, { at: now + minute });
    expect(message).toContain('10 pages are kept');
    server.data.observables.remove('o5');
    const kept = await goOn(server, memory, now + 2 * minute);
    expect(kept.notes).toContain('reading from the first page: 1 object that was read is gone');
    expect(decisionsOf(kept)).toEqual(decisionsOf(await run(toConfig(server.url), now)));
  });

  test('what the token came to see lies before the cursor and is no change: all is read from the top', async () => {
    const server = await open();
    const memory = createMemory();
    // All observables, and a page of indicators.
    await runCut(server, memory, 8);
    const created = new Date(Date.UTC(2024, 11, 31)).toISOString();
    const dates = { created_at: created, updated_at: created };
    server.data.observables.add(
      writeObservable({ entity_type: 'Domain-Name', id: 'seen', value: 'seen.evil.net', ...dates }),
    );
    const kept = await goOn(server, memory);
    expect(kept.notes).toContain('reading from the first page: OpenCTI has 1 object more than were read');
    expect(kept.lists['opencti-win-query-name']).toContain('seen.evil.net:seen');
    expect(decisionsOf(kept)).toEqual(decisionsOf(await run(toConfig(server.url), now)));
  });

  test('a new row between the changes and the counts: the changes are read again, and nothing else', async () => {
    const server = await open();
    const memory = createMemory();
    await runCut(server, memory, 4);
    const isCount = ({ variables }: RecordedRequest) => variables.first === 1;
    server.faults.add(
      {
        kind: 'change',
        run: () =>
          server.data.observables.add(
            writeObservable({
              entity_type: 'Domain-Name',
              id: 'new',
              value: 'new.evil.net',
              created_at: later(),
            }),
          ),
      },
      { when: isCount },
    );
    const kept = await goOn(server, memory);
    expect(kept.resumed).not.toBeNull();
    expect(kept.lists['opencti-win-query-name']).toContain('new.evil.net:new');
    expect(decisionsOf(kept)).toEqual(decisionsOf(await run(toConfig(server.url), now)));
  });
});

test('an edit that comes while everything is read, behind its row, is in the next run', async () => {
  const server = await open();
  const memory = createMemory();
  const hourLater = new Date(now + 60 * minute).toISOString();
  // The read takes an hour: the newest row it knows is younger than the edit that it does not.
  const edit = () => {
    server.data.observables.edit('o3', {
      x_opencti_score: 10,
      updated_at: new Date(now + minute).toISOString(),
    });
    server.data.observables.edit('o38', { x_opencti_score: 90, updated_at: hourLater });
  };
  server.faults.add({ kind: 'change', run: edit }, { after: 3, times: 1, when: isPage });
  const first = await run(toConfig(server.url, options), now, memory);
  expect(first.lists['opencti-win-query-name']).toContain('h3.evil.net:o3');
  const next = await goOn(server, memory, now + 61 * minute);
  expect(next.whyAll).toBeNull();
  expect(decisionsOf(next)).toEqual(decisionsOf(await run(toConfig(server.url), now)));
  expect(next.lists['opencti-win-query-name']).not.toContain('h3.evil.net:o3');
});

describe('the read begins from the top', () => {
  test.each<[string, Parameters<typeof toConfig>[1], number, (file: Buffer) => Buffer, RegExp]>([
    [
      'when its last page is too old',
      {},
      now + 61 * minute,
      (file) => file,
      /older than opencti\.resume_for/,
    ],
    ['when that is set shorter', { resumeFor: 30_000 }, now + minute, (file) => file, /opencti\.resume_for/],
    ['when it is switched off', { resumeFor: null }, now + minute, (file) => file, /resume_for is off/],
    ['when the clock was set back', {}, now - minute, (file) => file, /the future; look at the clock/],
    ['when its beginning is damaged', {}, now + minute, (file) => flip(file, 30), /no page of it is whole/],
    ['when it is empty', {}, now + minute, () => Buffer.alloc(0), /no page of it is whole/],
  ])('%s', async (_, changes, at, damage, reason) => {
    const server = await open();
    const memory = createMemory();
    await runCut(server, memory, 5);
    memory.log.file = damage(memory.log.file ?? Buffer.alloc(0));
    const kept = await run(toConfig(server.url, { ...options, ...changes }), at, memory);
    expect(kept.resumed).toBeNull();
    expect(kept.notes[0]).toMatch(/^a read that was cut does not go on: /);
    expect(kept.notes[0]).toMatch(reason);
    expect(decisionsOf(kept)).toEqual(decisionsOf(await run(toConfig(server.url), now)));
    expect(memory.log.file).toBeNull();
  });

  test('when the configuration is another one', async () => {
    const server = await open();
    const memory = createMemory();
    await runCut(server, memory, 5);
    const config = toConfig(server.url, options);
    const changed = { ...config, select: { ...config.select, minScore: 65 } };
    const kept = await run(changed, now + minute, memory);
    expect(kept.notes[0]).toMatch(/the version, the configuration or the platform is another one/);
    expect(decisionsOf(kept)).toEqual(decisionsOf(await run(changed, now)));
  });

  test('when the platform has another version, or shows other markings', async () => {
    const server = await open({ version: '7.260309.0' });
    const memory = createMemory();
    await runCut(server, memory, 5);
    await server.close();
    for (const more of [{ version: '7.260318.0' }, { version: '7.260309.0', markings: [] }]) {
      // The platform of before with all that it has, as far as its address says.
      const other = await openOpenCti({}, { ...more, port: server.port });
      const notes: string[] = [];
      const { log } = createMemory();
      log.file = memory.log.file;
      await run(toConfig(other.url, options), now + minute, { ...createMemory(), log }, notes);
      expect(notes[0], JSON.stringify(more)).toMatch(/the version, the configuration or the platform/);
      await other.close();
    }
  });

  test('at the page before a damaged one, and only there', async () => {
    const server = await open();
    const memory = createMemory();
    await runCut(server, memory, 5);
    const file = memory.log.file ?? Buffer.alloc(0);
    memory.log.file = flip(file, file.length - 100);
    const kept = await goOn(server, memory);
    expect(kept.resumed).toMatchObject({ page: 5, rows: 28 });
    expect(decisionsOf(kept)).toEqual(decisionsOf(await run(toConfig(server.url), now)));
  });

  test.each(['INTERNAL_SERVER_ERROR', 'BAD_USER_INPUT'])(
    'when OpenCTI answers its cursor with %s',
    async (code) => {
      const server = await open();
      const memory = createMemory();
      await runCut(server, memory, 5);
      server.faults.add({ kind: 'error', code }, { times: 1, when: isPage });
      const kept = await goOn(server, memory);
      expect(kept.notes[1]).toMatch(
        /^reading from the first page: OpenCTI does not go on from the last page \(/,
      );
      expect(kept.resumed).toBeNull();
      expect(decisionsOf(kept)).toEqual(decisionsOf(await run(toConfig(server.url), now)));
    },
  );

  test('when nothing comes behind its cursor', async () => {
    const server = await open();
    const memory = createMemory();
    await runCut(server, memory, 3);
    server.faults.add({ kind: 'lost-rows', rows: 7 }, { times: 1, when: isPage });
    const kept = await goOn(server, memory);
    expect(kept.notes[1]).toMatch(/^reading from the first page: .* has 40 observables and gave 21/);
    expect(decisionsOf(kept)).toEqual(decisionsOf(await run(toConfig(server.url), now)));
  });

  test('not when the platform is only busy: what is kept stays', async () => {
    const server = await open();
    const memory = createMemory();
    await runCut(server, memory, 5);
    for (const code of ['DATABASE_ERROR', 'LOCK_ERROR', 'FORBIDDEN_ACCESS'])
      expect(await runCut(server, memory, 0, { at: now + minute, code })).toContain('5 pages are kept');
    server.faults.add({ kind: 'status', status: 503 }, { times: 1, when: isPage });
    await expect(goOn(server, memory)).rejects.toThrow('5 pages are kept');
    expect((await goOn(server, memory)).resumed).toMatchObject({ page: 6 });
  });
});

describe('the log', () => {
  test('is none with resume_for off', async () => {
    const server = await open();
    const memory = createMemory();
    server.faults.add({ kind: 'error', code: 'FORBIDDEN_ACCESS' }, { after: 5, when: isPage });
    const config = toConfig(server.url, { ...options, resumeFor: null });
    await expect(run(config, now, memory)).rejects.toThrow(/needs the capability(?!.*kept)/);
    expect(memory.log.file).toBeNull();
  });

  test('that cannot be written is told once, and the read goes on', async () => {
    const server = await open();
    const memory = createMemory();
    let writes = 0;
    const begin = memory.log.begin.bind(memory.log);
    const log = Object.assign(memory.log, {
      begin(kept: number) {
        const growing = begin(kept);
        const append = (bytes: Uint8Array) => {
          writes += 1;
          if (writes === 3) throw new Error('no space is left');
          growing.append(bytes);
        };
        return { ...growing, append };
      },
    });
    const kept = await run(toConfig(server.url, options), now, { ...memory, log });
    expect(kept.notes).toEqual([
      'pages are no longer kept, so a read that is cut loses them: no space is left',
    ]);
    expect(writes).toBe(3);
    expect(kept.rows).toBe(65);
  });

  test('that outlives its run, killed between record and log, does no harm', async () => {
    const server = await open();
    const memory = createMemory();
    let log: Buffer | null = null;
    const remove = memory.log.remove.bind(memory.log);
    Object.assign(memory.log, {
      remove() {
        log = memory.log.file;
        remove();
      },
    });
    const first = await run(toConfig(server.url, options), now, memory);
    memory.log.file = log;
    const second = await goOn(server, memory);
    expect(second.resumed).toMatchObject({ page: 11, rows: 65 });
    expect(second.rows).toBe(0);
    expect(decisionsOf(second)).toEqual(decisionsOf(first));
    expect(memory.log.file).toBeNull();
  });

  test('is not read for a run without a record, as an export is', async () => {
    const server = await open();
    const memory = createMemory();
    await runCut(server, memory, 5);
    const size = memory.log.file?.length;
    const plain = await run(toConfig(server.url, options), now);
    expect(plain).toMatchObject({ resumed: null, rows: 65 });
    expect(memory.log.file?.length).toBe(size);
  });
});

function flip(file: Buffer, at: number): Buffer {
  file[at] = (file[at] ?? 0) ^ 1;
  return file;
}
