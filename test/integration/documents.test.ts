import { buildSchema, type GraphQLSchema, parse, validate } from 'graphql';
import { describe, expect, test } from 'vitest';
import { type Shape, toShape } from '../../src/opencti/platform.ts';
import { documents } from '../../src/opencti/queries.ts';
import { readSchema, releases } from '../opencti/support/answers.ts';
import { renderSdl } from '../platform/sdl.ts';
import { toVersionTraits } from '../platform/version.ts';

function findProblems(schema: GraphQLSchema, shape: Shape): string[] {
  const texts = Object.values(documents).flatMap((render) => [render(shape, false), render(shape, true)]);
  return texts.flatMap((text) => validate(schema, parse(text)).map(({ message }) => message));
}

describe('both documents are valid, with and without what trust looks at', () => {
  test.each(releases)('for the schema of the embedded %s', (version) => {
    expect(findProblems(buildSchema(renderSdl(toVersionTraits(version))), toShape(version))).toEqual([]);
  });

  test.each(releases)('for the real schema of %s', (version) => {
    expect(findProblems(readSchema(version), toShape(version))).toEqual([]);
  });

  test('in the other shape for no release, which is how a run finds out', () => {
    const old = buildSchema(renderSdl(toVersionTraits('5.12.0')));
    const current = buildSchema(renderSdl(toVersionTraits('7.260318.0')));
    expect(findProblems(old, 'lists')).not.toEqual([]);
    expect(findProblems(current, 'edges')).not.toEqual([]);
  });
});
