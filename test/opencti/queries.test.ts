import { buildSchema, type GraphQLSchema, parse, validate } from 'graphql';
import { describe, expect, it } from 'vitest';
import { type Kind, namedKinds, renderMoreNamesQuery, renderNamesQuery } from '../../src/opencti/names.ts';
import { renderObjectsQuery } from '../../src/opencti/objects-of.ts';
import { platformIdQuery, preflightQuery, type Shape, toShape } from '../../src/opencti/platform.ts';
import { renderIndicatorsQuery, renderObservablesQuery } from '../../src/opencti/queries.ts';
import { allObservableTypes } from '../../src/opencti/types.ts';
import { renderSdl } from '../platform/sdl.ts';
import { toVersionTraits } from '../platform/version.ts';
import { readSchema, releases } from './support/answers.ts';

function renderAll(shape: Shape): Record<string, string> {
  const queries: Record<string, string> = { preflight: preflightQuery, 'platform id': platformIdQuery };
  for (const kind of Object.keys(namedKinds) as Kind[])
    Object.assign(queries, {
      [`names of a ${kind}`]: renderNamesQuery(kind),
      [`more names of a ${kind}`]: renderMoreNamesQuery(kind),
    });
  for (const details of [false, true]) {
    const suffix = details ? ' with details' : '';
    queries[`indicators${suffix}`] = renderIndicatorsQuery({ shape, details });
    queries[`observables${suffix}`] = renderObservablesQuery(allObservableTypes, { shape, details });
    for (const type of allObservableTypes) {
      queries[`${type}${suffix}`] = renderObservablesQuery([type], { shape, details });
    }
  }
  return queries;
}

/** Query -> what the schema has against it, without the queries that it accepts. */
function collectProblems(schema: GraphQLSchema, shape: Shape): Record<string, readonly string[]> {
  // What explain asks about one value may cost more than what an export asks.
  const queries = { ...renderAll(shape), objects: renderObjectsQuery(shape) };
  const problems = Object.entries(queries).map(([name, query]) => {
    const messages = validate(schema, parse(query)).map((error) => error.message);
    return [name, messages] as const;
  });
  return Object.fromEntries(problems.filter(([, messages]) => messages.length > 0));
}

describe('every query is valid', () => {
  it.each(releases)('for the schema of the embedded %s', (version) => {
    const schema = buildSchema(renderSdl(toVersionTraits(version)));
    expect(collectProblems(schema, toShape(version))).toEqual({});
  });

  it.each(releases)('for the real schema of %s', (version) => {
    expect(collectProblems(readSchema(version), toShape(version))).toEqual({});
  });

  it('only in the shape of its release', () => {
    const schema = buildSchema(renderSdl(toVersionTraits('7.260318.0')));
    expect(Object.keys(collectProblems(schema, 'edges'))).toContain('observables with details');
  });
});

describe('a bulk query', () => {
  const expensive =
    /externalReferences|indicators \{|importFiles|observable_value|x_opencti_observable_values/;

  it.each(['edges', 'lists'] as const)(
    'asks for nothing that is costly or wrong, in the shape of %s',
    (shape) => {
      for (const [name, query] of Object.entries(renderAll(shape))) {
        expect(query, name).not.toMatch(expensive);
      }
    },
  );

  it('asks for labels, markings and author only when told', () => {
    const details = /objectLabel|objectMarking|createdBy/;
    expect(renderIndicatorsQuery({ shape: 'lists', details: false })).not.toMatch(details);
    expect(renderObservablesQuery(['Hostname'], { shape: 'lists', details: false })).not.toMatch(details);
  });
});
