import { once } from 'node:events';
import { gzipSync } from 'node:zlib';
import { describe, expect, it, vi } from 'vitest';
import type { Page } from '../../src/opencti/pages.ts';
import { readIndicators, readObservables } from '../../src/opencti/read.ts';
import type { ObservableRecord } from '../../src/values/kinds.ts';
import type { OpenCtiServer, OpenCtiServerOptions } from '../platform/server.ts';
import { openOpenCti } from '../support/opencti.ts';
import { catchError, connect, token } from './support/client.ts';
import { indicator, observable } from './support/objects.ts';
import { answering, startHttp } from './support/servers.ts';

const lists = { shape: 'lists' } as const;

/** `h0`, `h1`, ..., one a second. */
function hosts(count: number) {
  return Array.from({ length: count }, (_, index) => host(index));
}

function host(index: number) {
  const created_at = new Date(Date.UTC(2026, 0, 1) + index * 1000).toISOString();
  const value = `h${index}.example`;
  return observable({ id: `h${index}`, entity_type: 'Hostname', value, created_at, updated_at: created_at });
}

async function open(count: number, options: Partial<OpenCtiServerOptions> = {}): Promise<OpenCtiServer> {
  return await openOpenCti(
    { documented: false, written: { observables: hosts(count) } },
    { token, ...options },
  );
}

function read(server: { readonly url: string }, pageSize: number) {
  return readObservables(connect(server.url), lists, { pageSize });
}

/** Takes all pages; `onPage` runs between two of them. */
async function drain(
  pages: AsyncIterable<Page<ObservableRecord>>,
  onPage: (page: number) => void = () => {},
) {
  const ids: string[] = [];
  const shown: Omit<Page<ObservableRecord>, 'records'>[] = [];
  for await (const { records, ...rest } of pages) {
    for (const { id } of records) ids.push(id);
    shown.push(rest);
    onPage(shown.length);
  }
  return { ids, shown };
}

const idsUpTo = (count: number) => Array.from({ length: count }, (_, index) => `h${index}`);
const cursorsOf = (server: OpenCtiServer) =>
  server.requests.map(({ variables }) => variables).map(({ after }) => after);

/** A server of our own: what it says of each request, by its number from 0. */
async function startPages(
  toPage: (request: number, variables: { first: number; after?: string }) => object,
): Promise<string> {
  let requests = 0;
  return await startHttp((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const { variables } = JSON.parse(Buffer.concat(chunks).toString('utf8'));
      const page = toPage(requests, variables);
      requests += 1;
      response.setHeader('content-type', 'application/json');
      response.setHeader('content-encoding', 'gzip');
      response.end(gzipSync(JSON.stringify({ data: { stixCyberObservables: page } })));
    });
  });
}

const edge = (id: string, value = 'h.bad-name.net') => ({
  node: { id, entity_type: 'Hostname', x_opencti_score: 70, value },
});

describe('what has no end', () => {
  it('pages, each with a cursor of its own, end with an error', async () => {
    const edges = Array.from({ length: 5_000 }, (_, index) => edge(`h${index}`));
    const url = await startPages((request) => ({
      pageInfo: { endCursor: `cursor-${request}`, globalCount: 5_000 },
      edges,
    }));
    const error = await catchError(() => drain(read({ url }, 5_000)));
    expect(error).toMatchObject({ failure: 'answer', exitCode: 1 });
    expect(error.message).toBe(
      'OpenCTI says it has 5000 observables and gave 115000 so far: its pages have no end, and nothing was used; ' +
        'try again, or find out what answers in its place',
    );
  });

  it('pages of a platform that claims to have all of it end with an error too', async () => {
    // An edge without a node counts as a row, and costs four bytes.
    const edges = Array.from({ length: 1_000_000 }, () => null);
    const url = await startPages((request) => ({
      pageInfo: { endCursor: `cursor-${request}`, globalCount: 1_000_000_000 },
      edges,
    }));
    const error = await catchError(() => drain(read({ url }, 5_000)));
    expect(error.message).toContain('and no more than 20,000,000 are taken');
  });

  it('a cursor of a megabyte ends the read', async () => {
    const url = await startPages(() => ({
      pageInfo: { endCursor: 'x'.repeat(1_000_000), globalCount: 9 },
      edges: [edge('a')],
    }));
    const error = await catchError(() => drain(read({ url }, 10)));
    expect(error.message).toBe(
      'OpenCTI gave a cursor of 1000000 characters after 0 observables: the rest cannot be read',
    );
  });

  it('a page of more than 64 MB is asked for again, smaller, and its rows are there', async () => {
    const long = 'x'.repeat(200_000);
    const url = await startPages((_, { first, after }) => {
      const rows = after === undefined ? [edge('a')] : [];
      const edges = first > 60 ? Array.from({ length: 400 }, () => edge('a', long)) : rows;
      return { pageInfo: { endCursor: 'c', globalCount: 1 }, edges };
    });
    const sizes: unknown[] = [];
    const onSmallerPage = (...size: unknown[]) => sizes.push(size);
    const pages = readObservables(connect(url), lists, { pageSize: 400, onSmallerPage });
    expect((await drain(pages)).ids).toEqual(['a']);
    expect(sizes).toEqual([
      [400, 100, 'too-large'],
      [100, 50, 'too-large'],
    ]);
  });
});

describe('reading page by page', () => {
  it('gives every row once, oldest first, and says how far it is', async () => {
    const server = await open(25);
    expect(await drain(read(server, 10))).toEqual({
      ids: idsUpTo(25),
      shown: [
        { read: 10, requests: 2, total: 25 },
        { read: 20, requests: 3, total: 25 },
        { read: 25, requests: 4, total: 25 },
      ],
    });
    expect(server.requests).toHaveLength(4);
  });

  it('loses no row to a server that cuts pages and says that there is no next one', async () => {
    const server = await open(100, { maxPageSize: 7 });
    const { ids } = await drain(read(server, 50));
    expect(ids).toEqual(idsUpTo(100));
    // 15 pages with rows and the empty one.
    expect(server.requests).toHaveLength(16);
  });

  it('stops at the empty page, whose empty cursor would start again', async () => {
    const server = await open(20);
    expect((await drain(read(server, 10))).ids).toEqual(idsUpTo(20));
    expect(server.requests).toHaveLength(3);
    expect(cursorsOf(server)).not.toContain('');
    expect(Object.keys(server.requests[0]?.variables ?? {})).not.toContain('after');
  });

  it('gives no page of an empty platform', async () => {
    const server = await open(0);
    expect(await drain(read(server, 10))).toEqual({ ids: [], shown: [] });
  });

  it('reads generated rows by tens of thousands', async () => {
    const server = await openOpenCti({ observables: 20_000, indicators: 10_000 }, { token });
    const client = connect(server.url);
    let last: Page<unknown> | undefined;
    for await (const page of readObservables(client, lists, { pageSize: 5000 })) last = page;
    expect(last?.read).toBe(last?.total);
    expect(last?.read).toBeGreaterThan(15_000);
    for await (const page of readIndicators(client, lists, { pageSize: 5000 })) last = page;
    expect(last?.read).toBe(last?.total);
    expect(last?.read).toBeGreaterThanOrEqual(10_000);
  });

  it('reads indicators likewise', async () => {
    const indicators = Array.from({ length: 5 }, (_, index) =>
      indicator({ id: `i${index}`, pattern: `[domain-name:value = 'a${index}']` }),
    );
    const server = await openOpenCti(
      { documented: false, written: { indicators } },
      { token, maxPageSize: 2 },
    );
    const ids: string[] = [];
    for await (const page of readIndicators(connect(server.url), lists, { pageSize: 10 })) {
      for (const { id } of page.records) ids.push(id);
    }
    expect(ids).toEqual(['i0', 'i1', 'i2', 'i3', 'i4']);
  });
});

describe('a platform that is written to while it is read', () => {
  it('gives new rows too', async () => {
    const server = await open(30);
    const { ids } = await drain(read(server, 10), (page) => {
      if (page === 1) server.data.observables.add(host(30), host(31));
    });
    expect(ids).toEqual(idsUpTo(32));
  });

  it('gives no row twice or not at all when rows are edited', async () => {
    const server = await open(30);
    const { ids } = await drain(read(server, 10), (page) => {
      server.data.observables.edit(`h${page}`, { x_opencti_score: 1 });
      server.data.observables.edit(`h${29 - page}`, { x_opencti_score: 1 });
    });
    expect(ids).toEqual(idsUpTo(30));
  });

  it('may lose rows that were read, and rows that were not', async () => {
    const server = await open(60);
    const { ids } = await drain(read(server, 10), (page) => {
      if (page !== 1) return;
      server.data.observables.remove('h3');
      server.data.observables.remove('h45');
    });
    expect(ids).toEqual(idsUpTo(60).filter((id) => id !== 'h45'));
  });
});

describe('too few rows are an error, not a shorter list', () => {
  it('when pages lack rows', async () => {
    const server = await open(100);
    server.faults.add({ kind: 'lost-rows', rows: 2 });
    const error = await catchError(() => drain(read(server, 20)));
    expect(error).toMatchObject({ failure: 'incomplete', exitCode: 1 });
    expect(error.message).toContain('OpenCTI has 100 observables and gave 90, less than 99 %');
  });

  it('when the platform says that it has rows and gives none', async () => {
    const pageInfo = { endCursor: '', globalCount: 12 };
    const url = await startHttp(answering({ data: { stixCyberObservables: { pageInfo, edges: [] } } }));
    const error = await catchError(() => drain(read({ url }, 20)));
    expect(error.message).toContain('OpenCTI has 12 observables and gave 0');
  });

  it.each([
    [198, null],
    [197, 'incomplete'],
  ])('below 99 %%: %i of 200 end with %s', async (rows, failure) => {
    const edges = hosts(rows).map(({ id, entity_type, value }) => ({ node: { id, entity_type, value } }));
    const toPage = (cursor: string, of: unknown[]) => ({
      data: { stixCyberObservables: { pageInfo: { endCursor: cursor, globalCount: 200 }, edges: of } },
    });
    const url = await startHttp(answering(toPage('c', edges), toPage('', [])));
    const run = () => drain(read({ url }, 200));
    if (failure) expect(await catchError(run)).toMatchObject({ failure });
    else expect((await run()).ids).toHaveLength(rows);
  });

  it('also when the last, empty page says 0', async () => {
    const edges = hosts(1).map(({ id, entity_type, value }) => ({ node: { id, entity_type, value } }));
    const toPage = (endCursor: string, globalCount: number, of: unknown[]) => ({
      data: { stixCyberObservables: { pageInfo: { endCursor, globalCount }, edges: of } },
    });
    const url = await startHttp(answering(toPage('c', 50, edges), toPage('', 0, [])));
    expect(await catchError(() => drain(read({ url }, 200)))).toMatchObject({ failure: 'incomplete' });
  });
});

describe('a cursor that does not move on', () => {
  const toPage = (endCursor: string | null) => ({
    data: {
      stixCyberObservables: {
        pageInfo: { endCursor, globalCount: 1000 },
        edges: [{ node: { id: 'h0', entity_type: 'Hostname', value: 'a.example' } }],
      },
    },
  });

  it.each([
    ['stands still', ['c1'], 'a cursor that was there before after 1 observables'],
    ['runs in a circle', ['c1', 'c2', 'c3', 'c1'], 'a cursor that was there before after 3 observables'],
    ['is empty', ['c1', ''], 'no cursor after 1 observables'],
    ['is null', [null], 'no cursor after 0 observables'],
  ])('ends the reading: %s', async (_, cursors, says) => {
    const url = await startHttp(answering(...cursors.map(toPage)));
    const error = await catchError(() => drain(read({ url }, 1)));
    expect(error).toMatchObject({ failure: 'answer', exitCode: 1 });
    expect(error.message).toContain(says);
  });
});

describe('a failure while reading', () => {
  it('comes after the pages before it', async () => {
    const server = await open(30);
    server.faults.add({ kind: 'error', code: 'FORBIDDEN_ACCESS', withData: true }, { after: 2 });
    let seen = 0;
    const error = await catchError(() =>
      drain(read(server, 10), (page) => {
        seen = page;
      }),
    );
    expect(error.failure).toBe('capability');
    expect(seen).toBe(2);
  });

  it('that passes costs nothing but time', async () => {
    const server = await open(30);
    server.faults.add({ kind: 'hang-up', when: 'in-body' }, { after: 1, times: 1 });
    server.faults.add({ kind: 'error', code: 'DATABASE_ERROR', withData: true }, { after: 3, times: 1 });
    server.faults.add({ kind: 'status', status: 502 }, { after: 5, times: 1 });
    const client = connect(server.url, { retryFor: 20_000 });
    expect((await drain(readObservables(client, lists, { pageSize: 10 }))).ids).toEqual(idsUpTo(30));
  });

  it('of the page ahead is not lost while this one is worked on', async () => {
    const server = await open(20);
    server.faults.add({ kind: 'html' }, { after: 1 });
    const pages = read(server, 10);
    await pages.next();
    await vi.waitFor(() => expect(server.requests).toHaveLength(2), { timeout: 60_000 });
    await new Promise((resolve) => setTimeout(resolve, 50));
    expect(await catchError(() => pages.next())).toMatchObject({ failure: 'address' });
  });
});

describe('the page ahead', () => {
  it('is asked for before this one is worked on, and no further one', async () => {
    const server = await open(50);
    const pages = read(server, 10);
    expect(server.requests).toHaveLength(0);
    await pages.next();
    await vi.waitFor(() => expect(server.requests).toHaveLength(2), { timeout: 60_000 });
    await new Promise((resolve) => setTimeout(resolve, 50));
    expect(server.requests).toHaveLength(2);
    await pages.return(undefined);
  });

  it('is given up when the reader stops', async () => {
    let closed: Promise<unknown> | undefined;
    let requests = 0;
    const page = {
      pageInfo: { endCursor: 'c1', globalCount: 1000 },
      edges: [{ node: { id: 'h0', entity_type: 'Hostname', value: 'a.example' } }],
    };
    const url = await startHttp((request, response) => {
      requests += 1;
      if (requests === 1) answering({ data: { stixCyberObservables: page } })(request, response);
      else closed = once(response, 'close');
    });
    const client = connect(url, { retryFor: 60_000, timeout: 60_000 });
    for await (const { read: rows } of readObservables(client, lists, { pageSize: 1 })) {
      expect(rows).toBe(1);
      await vi.waitFor(() => expect(requests).toBe(2), { timeout: 60_000 });
      break;
    }
    await closed;
    expect(requests).toBe(2);
  });

  it('and all others end by a signal', async () => {
    const server = await open(50);
    server.faults.add({ kind: 'silence' }, { after: 1 });
    const controller = new AbortController();
    const client = connect(server.url, { retryFor: 60_000, timeout: 60_000 });
    const pages = readObservables(client, lists, { pageSize: 10, signal: controller.signal });
    await pages.next();
    controller.abort();
    expect(await catchError(() => pages.next())).toMatchObject({ failure: 'aborted', exitCode: 1 });
  });
});
