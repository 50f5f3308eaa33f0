import { GraphQLClient } from 'graphql-request';
import { renderIndicatorsQuery, renderObservablesQuery } from '../../src/opencti/queries.ts';
import { allObservableTypes } from '../../src/opencti/types.ts';
import type { Root } from './pages.ts';

type Answer = Record<Root, { pageInfo: { endCursor: string }; edges: unknown[] }>;

/** All pages through graphql-request as anyone would write it, nothing done to the rows. */
export async function readBare(url: string, pageSize: number): Promise<void> {
  const client = new GraphQLClient(`${url}/graphql`, { headers: { authorization: 'Bearer bench' } });
  const options = { shape: 'lists', details: true } as const;
  const documents = {
    stixCyberObservables: renderObservablesQuery(allObservableTypes, options),
    indicators: renderIndicatorsQuery(options),
  };
  let rows = 0;
  for (const root of ['stixCyberObservables', 'indicators'] as const) {
    let after: string | null = null;
    for (;;) {
      const variables: Record<string, unknown> = { first: pageSize, after, types: allObservableTypes };
      const answer: Answer = await client.request<Answer>(documents[root], variables);
      const { pageInfo, edges } = answer[root];
      if (edges.length === 0) break;
      rows += edges.length;
      after = pageInfo.endCursor;
    }
  }
  process.stdout.write(`${rows}\n`);
}
