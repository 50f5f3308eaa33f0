import { describe, expect, it } from 'vitest';
import { ask, openOpenCti } from '../../support/opencti.ts';
import { writeObservable } from '../data/written.ts';
import type { OpenCtiServer } from '../server.ts';

interface Page {
  readonly pageInfo: {
    readonly startCursor: string;
    readonly endCursor: string;
    readonly hasNextPage: boolean;
    readonly globalCount: number;
  };
  readonly edges: readonly {
    readonly cursor: string;
    readonly node: { readonly id: string; readonly value: string };
  }[];
}

const query = `query($first: Int, $after: ID, $types: [String], $by: StixCyberObservablesOrdering, $mode: OrderingMode) {
  stixCyberObservables(first: $first, after: $after, types: $types, orderBy: $by, orderMode: $mode) {
    pageInfo { startCursor endCursor hasNextPage globalCount }
    edges { cursor node { id entity_type created_at ... on DomainName { value } } }
  }
}`;

async function readPage(server: OpenCtiServer, variables: object): Promise<Page> {
  const all = { by: 'created_at', mode: 'asc', ...variables };
  const answer = await ask<{ data: { stixCyberObservables: Page } }>(server, query, { variables: all });
  return answer.data.stixCyberObservables;
}

function toIds(page: Page): readonly string[] {
  return page.edges.map((edge) => edge.node.id);
}

/** Names `a` ... in the order of their creation, a day apart. */
function days(...values: readonly string[]) {
  return values.map((value, day) =>
    writeObservable({
      id: `id-${value}`,
      entity_type: 'Domain-Name',
      created_at: `2024-01-0${day + 1}T00:00:00.000Z`,
      value,
    }),
  );
}

const five = { documented: false, written: { observables: days('a', 'b', 'c', 'd', 'e') } };

describe('a page', () => {
  it('holds the rows behind the cursor and counts all', async () => {
    const server = await openOpenCti(five);
    const first = await readPage(server, { first: 2 });
    expect(toIds(first)).toEqual(['id-a', 'id-b']);
    expect(first.pageInfo).toEqual({
      startCursor: first.edges[0]?.cursor,
      endCursor: first.edges[1]?.cursor,
      hasNextPage: true,
      globalCount: 5,
    });
    expect(toIds(await readPage(server, { first: 2, after: first.pageInfo.endCursor }))).toEqual([
      'id-c',
      'id-d',
    ]);
  });

  it('says hasNextPage false when it is not full', async () => {
    const server = await openOpenCti(five);
    const whole = await readPage(server, { first: 6 });
    expect(toIds(whole)).toHaveLength(5);
    expect(whole.pageInfo.hasNextPage).toBe(false);
  });

  it('is empty behind a total that is a multiple of first, and its end cursor starts again', async () => {
    const server = await openOpenCti(five);
    const whole = await readPage(server, { first: 5 });
    expect(whole.pageInfo.hasNextPage).toBe(true);
    const empty = await readPage(server, { first: 5, after: whole.pageInfo.endCursor });
    expect(empty).toEqual({
      edges: [],
      pageInfo: { startCursor: '', endCursor: '', hasNextPage: false, globalCount: 5 },
    });
    expect(toIds(await readPage(server, { first: 5, after: '' }))).toEqual(toIds(whole));
  });

  it('has 500 rows when first is not given', async () => {
    const server = await openOpenCti({ observables: 600 });
    expect(toIds(await readPage(server, {}))).toHaveLength(500);
  });

  it('is clamped from 5.12.10 on, and then says that it is the last', async () => {
    const server = await openOpenCti(five, { maxPageSize: 2, version: '6.9.28' });
    const page = await readPage(server, { first: 4 });
    expect(toIds(page)).toEqual(['id-a', 'id-b']);
    expect(page.pageInfo).toMatchObject({ hasNextPage: false, globalCount: 5 });
    expect(toIds(await readPage(server, { first: 4, after: page.pageInfo.endCursor }))).toEqual([
      'id-c',
      'id-d',
    ]);

    const old = await openOpenCti(five, { maxPageSize: 2, version: '5.12.9' });
    expect(toIds(await readPage(old, { first: 4 }))).toEqual(['id-a', 'id-b', 'id-c', 'id-d']);
  });

  it('is an error behind a cursor that is none', async () => {
    const server = await openOpenCti(five);
    expect(await ask(server, query, { variables: { first: 1, after: 'nonsense' } })).toMatchObject({
      errors: [{ extensions: { code: 'INTERNAL_SERVER_ERROR' } }],
    });
  });
});

describe('the order', () => {
  it.each(['created_at', 'updated_at'])(
    'by %s gives every row once, up and down, generated or written',
    async (by) => {
      const between = writeObservable({
        id: 'id-x',
        entity_type: 'Domain-Name',
        created_at: '2023-01-01T00:00:50.000Z',
        value: 'x',
      });
      const written = { observables: [...days('a', 'b'), between] };
      const server = await openOpenCti({ observables: 57, written });
      const whole = await readPage(server, { first: 100, by });
      expect(new Set(toIds(whole)).size).toBe(57 + 3 + 3);
      for (const mode of ['asc', 'desc']) {
        const ids: string[] = [];
        let after: string | null = null;
        for (;;) {
          const page: Page = await readPage(server, { first: 7, after, by, mode });
          if (page.edges.length === 0) break;
          ids.push(...toIds(page));
          after = page.pageInfo.endCursor;
        }
        expect(ids).toEqual(mode === 'asc' ? toIds(whole) : toIds(whole).toReversed());
      }
    },
  );

  it('tells rows of one instant apart by id', async () => {
    const at = '2024-01-01T00:00:00.000Z';
    const observables = ['c', 'a', 'b'].map((value) =>
      writeObservable({ id: `id-${value}`, entity_type: 'Domain-Name', created_at: at, value }),
    );
    const server = await openOpenCti({ documented: false, written: { observables } });
    const page = await readPage(server, { first: 1 });
    expect(toIds(page)).toEqual(['id-a']);
    expect(toIds(await readPage(server, { first: 5, after: page.pageInfo.endCursor }))).toEqual([
      'id-b',
      'id-c',
    ]);
  });
});

describe('types', () => {
  it('are the only ones that come back', async () => {
    const server = await openOpenCti({ observables: 100 });
    const page = await readPage(server, { first: 100, types: ['IPv6-Addr', 'Nonsense'] });
    expect(page.pageInfo.globalCount).toBe(5);
    expect(new Set(page.edges.map((edge) => Reflect.get(edge.node, 'entity_type')))).toEqual(
      new Set(['IPv6-Addr']),
    );
  });

  it('mean all when no name is known', async () => {
    const server = await openOpenCti({ observables: 100 });
    expect((await readPage(server, { first: 200, types: ['DomainName', 'File'] })).edges).toHaveLength(103);
  });
});

describe('rows that come and go while a reader pages', () => {
  it('are added at the end, gone from the middle, and moved by an edit', async () => {
    const server = await openOpenCti(five);
    const { observables } = server.data;
    const first = await readPage(server, { first: 2 });
    observables.remove('id-c');
    observables.add(
      writeObservable({
        id: 'id-f',
        entity_type: 'Domain-Name',
        created_at: '2024-02-01T00:00:00.000Z',
        value: 'f',
      }),
    );
    observables.edit('id-a', { value: 'a2' });
    const rest = await readPage(server, { first: 9, after: first.pageInfo.endCursor });
    expect(toIds(rest)).toEqual(['id-d', 'id-e', 'id-f']);
    expect(rest.pageInfo.globalCount).toBe(5);
    const byUpdate = await readPage(server, { first: 9, by: 'updated_at' });
    expect(toIds(byUpdate)).toEqual(['id-b', 'id-d', 'id-e', 'id-f', 'id-a']);
    expect(byUpdate.edges.at(-1)?.node.value).toBe('a2');
  });

  it('may be generated ones', async () => {
    const server = await openOpenCti({ observables: 20, documented: false });
    const ids = toIds(await readPage(server, { first: 20 }));
    const [edited = '', removed = ''] = ids;
    server.data.observables.edit(edited, { x_opencti_score: 1 });
    server.data.observables.remove(removed);
    const now = await readPage(server, { first: 20 });
    expect(toIds(now)).toEqual(ids.filter((id) => id !== removed));
    expect(now.pageInfo.globalCount).toBe(19);
    expect(toIds(await readPage(server, { first: 20, by: 'updated_at' })).at(-1)).toBe(edited);
  });
});
