import fc from 'fast-check';
import { expect, test } from 'vitest';
import { renderEvent } from '../../src/integration/fit.ts';
import { runs } from '../support/runs.ts';

const source = { alert_id: '1.1', rule_id: '1', field: 'f', value: 'v' };

const text = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 300 }),
  fc.string({ maxLength: 20 }).map((part) => part.repeat(2_000)),
);
const nodes = fc.array(
  fc.record({ node: fc.dictionary(fc.string({ maxLength: 8 }), text, { maxKeys: 4 }) }),
  {
    maxLength: 60,
  },
);
const edges = nodes.map((list) => ({ edges: list }));
const content = fc
  .record(
    {
      x_opencti_description: fc.oneof(text, fc.constant(null)),
      payload_bin: fc.oneof(text, fc.constant(null)),
      objectLabel: edges,
      externalReferences: edges,
      importFiles: edges,
      indicators: edges,
      x_opencti_additional_names: fc.array(text, { maxLength: 20 }),
      extensions: text,
    },
    { requiredKeys: [] },
  )
  .map((own) => {
    const numbered = (own.objectLabel?.edges ?? []).map((edge, index) => [String(index), edge]);
    return {
      ...own,
      ...Object.fromEntries(numbered),
      id: 'an-id',
      value: 'a value',
      x_opencti_score: 5,
      objectMarking: { edges: [] },
    };
  });

test('whatever OpenCTI has, the event is valid, within the limits, and has what an analyst needs', () => {
  fc.assert(
    fc.property(content, fc.integer({ min: 2_000, max: 65_000 }), (any, mostBytes) => {
      const json = renderEvent(any, source, mostBytes);
      expect(Buffer.byteLength(json)).toBeLessThanOrEqual(mostBytes);
      expect(json).toMatch(/^\{"integration":"opencti",/);
      expect(json).not.toMatch(/\\u0000|\\ud[89a-f]/);
      const { opencti } = JSON.parse(json);
      expect(opencti).toMatchObject({
        id: 'an-id',
        value: 'a value',
        x_opencti_score: 5,
        objectMarking: { edges: [] },
        source,
      });
      if (!('cut' in opencti.source))
        expect(Object.keys(opencti).sort()).toEqual([...Object.keys(any), 'source'].sort());
    }),
    { numRuns: runs(60) },
  );
});
