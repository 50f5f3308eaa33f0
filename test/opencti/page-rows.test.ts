import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type PageRows, parsePage } from '../../src/opencti/pages.ts';
import { readObservables } from '../../src/opencti/read.ts';
import { runs } from '../support/runs.ts';
import { catchError, connect } from './support/client.ts';
import { answering, startHttp } from './support/servers.ts';

interface Page {
  readonly data: { readonly indicators: { readonly pageInfo: unknown; readonly edges: PageRows } };
  readonly errors?: readonly unknown[];
}

const pageInfo = { endCursor: 'c', globalCount: 7 };
const toText = (nodes: readonly unknown[], indent?: number) =>
  JSON.stringify(
    { data: { indicators: { pageInfo, edges: nodes.map((node) => ({ node })) } } },
    null,
    indent,
  );
const rowsOf = (text: string) => {
  const { edges } = (parsePage(text) as Page).data.indicators;
  return { length: edges.length, nodes: [...edges].map((edge) => (edge as { node: unknown }).node) };
};
const count = (nodes: number) => Array.from({ length: nodes }, (_, number) => ({ id: `i${number}` }));

describe('the rows of a page', () => {
  test.each([0, 1, 2, 250, 251, 252, 500, 501, 502, 1_234])('%i of them, in their order', (length) => {
    expect(rowsOf(toText(count(length)))).toEqual({ length, nodes: count(length) });
  });

  test('can be gone through twice', () => {
    const { edges } = (parsePage(toText(count(600))) as Page).data.indicators;
    expect([...edges]).toEqual([...edges]);
  });

  test('with blanks and line ends between them', () => {
    expect(rowsOf(toText(count(700), 2))).toEqual({ length: 700, nodes: count(700) });
  });

  test('whatever texts they hold: what stands between rows, too', () => {
    const text = fc.oneof(
      fc.string({ unit: 'binary' }),
      fc.constantFrom('},{"node":{', '"}},{"node":{"id":"', '\\"},{\\"node\\":{', ']}}}', '\\'),
    );
    const node = fc.record({
      id: text,
      pattern: text,
      objectLabel: fc.array(fc.record({ id: text, value: text })),
    });
    fc.assert(
      fc.property(fc.array(node, { minLength: 1, maxLength: 8 }), (nodes) => {
        const all = Array.from({ length: 600 }, (_, number) => nodes[number % nodes.length]);
        expect(rowsOf(toText(all)).nodes).toEqual(all);
      }),
      { numRuns: runs(30) },
    );
  });

  test('what stands beside them stays', () => {
    const text = toText(count(600)).replace(/\}$/, ',"errors":[{"message":"no"}]}');
    expect(parsePage(text)).toMatchObject({
      data: { indicators: { pageInfo } },
      errors: [{ message: 'no' }],
    });
  });

  test('damaged at an end: told at once; within: when they are gone through', () => {
    const text = toText(count(1_000));
    expect(() => parsePage(text.slice(0, -4))).toThrow(SyntaxError);
    expect(() => parsePage(text.slice(1))).toThrow(SyntaxError);
    const within = text.replace('"i500"', '"i500');
    expect(() => rowsOf(within)).toThrow(SyntaxError);
  });
});

test('a page that is damaged within ends the read, and the message names it', async () => {
  const nodes = Array.from({ length: 600 }, (_, number) => ({
    id: `o${number}`,
    entity_type: 'Hostname',
    value: `h${number}.example`,
    x_opencti_score: 50,
  }));
  const text = toText(nodes)
    .replace('"indicators"', '"stixCyberObservables"')
    .replace('"h300.example"', 'h300');
  const url = await startHttp(answering(text));
  const drain = async () => {
    for await (const { records } of readObservables(connect(url), { shape: 'lists' }, { pageSize: 600 }))
      for (const record of records) expect(record.id).toMatch(/^o/);
  };
  expect(await catchError(drain)).toMatchObject({
    failure: 'answer',
    message: 'a page of observables from OpenCTI is not JSON within its rows',
  });
});
