import fc from 'fast-check';
import { expect, test } from 'vitest';
import { formatKeys } from '../../src/compile/keys.ts';
import { lintList } from '../../src/compile/lint.ts';
import { createLines, toRun } from '../../src/compile/list-lines.ts';
import { compileLists, type ListTarget } from '../../src/compile/lists.ts';
import type { SelectedValue } from '../../src/compile/options.ts';
import { toValueSet } from '../../src/compile/value-set.ts';
import { toObservable } from '../../src/values/door.ts';
import type { ClaimKind } from '../../src/values/kinds.ts';
import { isSkip } from '../../src/values/skip-reasons.ts';
import { toListCanaries } from '../../src/wazuh/canaries.ts';
import { allFields, type EventField } from '../../src/wazuh/fields.ts';
import { formatListLine, parseListLine, problemOfListLine } from '../../src/wazuh/list.ts';
import { runs } from '../support/runs.ts';

const label = fc.stringMatching(/^[a-z0-9_-]{1,4}$/);
const name = fc.tuple(
  fc.array(label, { minLength: 1, maxLength: 3 }),
  fc.constantFrom('com', 'com.br', 'example'),
);
const hex = (digits: number) => fc.stringMatching(new RegExp(`^[0-9a-f]{${digits}}$`));
const text: fc.Arbitrary<readonly [ClaimKind, string]> = fc.oneof(
  hex(64).map((value) => ['sha256', value] as const),
  hex(40).map((value) => ['sha1', value] as const),
  hex(32).map((value) => ['md5', value] as const),
  hex(2).map((value) => ['md5', value.repeat(16)] as const),
  fc.ipV4().map((value) => ['ipv4', value] as const),
  fc.ipV6().map((value) => ['ipv6', value] as const),
  name.map(([labels, end]) => ['name', [...labels, end].join('.')] as const),
);
const id = fc.oneof(fc.uuid(), fc.stringMatching(/^[\w-]{1,60}$/));
const values = fc
  .uniqueArray(fc.tuple(text, id, fc.integer({ min: 50, max: 100 })), {
    maxLength: 60,
    selector: ([[kind, value]]) => `${kind} ${value}`,
  })
  .map((list) =>
    list.flatMap(([[kind, value], by, score]): SelectedValue[] => {
      const observable = toObservable({ kind, text: value });
      return isSkip(observable) ? [] : [{ ...observable, id: by, score }];
    }),
  )
  // Two spellings can be one value.
  .map((list) => [...new Map(list.map((value) => [`${value.kind} ${value.value}`, value])).values()]);

const withList = allFields.filter(({ list }) => list !== null);

const target = fc.constantFrom<ListTarget>('engine', 'api');

/** A list as the field table says it. */
function compilePlainly(field: EventField, selected: readonly SelectedValue[], target: ListTarget): string[] {
  const kinds: readonly string[] = field.kinds;
  return selected
    .filter(({ kind }) => kinds.includes(kind))
    .flatMap((value) =>
      formatKeys[field.spelling](value).map((key) => formatListLine({ key, value: value.id })),
    )
    .filter((line) => target === 'engine' || problemOfListLine(line, 'api') === null)
    .sort();
}

test('any values, with canaries and without: each list has the lines that the field table says', () => {
  fc.assert(
    fc.property(values, fc.boolean(), target, (selected, withCanaries, target) => {
      const lists = compileLists(toValueSet(selected), target, {
        fields: allFields,
        canaries: withCanaries,
      });
      for (const [index, field] of withList.entries()) {
        const more = withCanaries ? toListCanaries(field) : [];
        const plain = compilePlainly(field, [...selected, ...more], target);
        const list = lists[index];
        expect(list?.name).toBe(field.list);
        expect([...(list?.lines ?? [])]).toEqual(plain);
        expect(list?.lines.length).toBe(plain.length);
        expect(list?.entries).toBe(compilePlainly(field, selected, target).length);
        const kinds: readonly string[] = field.kinds;
        expect(list?.values).toBe(selected.filter(({ kind }) => kinds.includes(kind)).length);
        expect(() =>
          lintList({ name: field.list ?? '', lines: createLines([toRun(plain)], 100), target }),
        ).not.toThrow();
      }
    }),
    { numRuns: runs(100) },
  );
});

/** The lint as the grammars say it. */
function findProblem(lines: readonly string[], target: ListTarget): number {
  return lines.findIndex((line, index) => {
    const before = lines[index - 1] ?? '';
    const isSame = parseListLine(before)?.key === parseListLine(line)?.key;
    return problemOfListLine(line, target) !== null || line < before || isSame;
  });
}

const piece = fc.constantFrom(
  'a',
  'b',
  'a.com',
  'A',
  ':',
  '"',
  '-',
  '_',
  ' ',
  '1',
  '2a00:1',
  '\u007f',
  'é',
  '~',
);
const loose = fc.array(piece, { maxLength: 6 }).map((pieces) => pieces.join(''));
const line = fc.oneof(
  loose,
  fc.tuple(loose, loose).map(([key, value]) => `${key}:${value}`),
  fc.tuple(label, label).map((parts) => parts.join(':')),
  fc.tuple(label, label).map(([key, value]) => `"${key}:1":${value}`),
  fc.tuple(label, label).map(([key, value]) => `"::${key}.1":${value}`),
);

test('any lines: the lint objects to the one that the grammars object to', () => {
  const lines = fc.oneof(
    fc.array(line, { maxLength: 5 }),
    fc.array(line, { maxLength: 5 }).map((list) => list.sort()),
  );
  fc.assert(
    fc.property(lines, target, (list, target) => {
      const inLatin = list.map((each) => Buffer.from(each).toString('latin1'));
      const lint = () =>
        lintList({ name: 'opencti-win-query-name', lines: createLines([toRun(inLatin)], 100), target });
      const problem = findProblem(list, target);
      if (problem < 0) expect(lint).not.toThrow();
      else expect(lint).toThrow(`line ${problem + 1}:`);
    }),
    { numRuns: runs(1_500) },
  );
});

test('a list that fills many chunks is the same as one text and as lines', () => {
  const plain = Array.from(
    { length: 30_000 },
    (_, index) => `host-${String(index).padStart(6, '0')}.example:id`,
  );
  const lines = createLines([toRun(plain.slice(0, 12_345)), toRun(plain.slice(12_345))], 100);
  const chunks = [...lines.chunks()].map(String);
  expect(chunks.length).toBeGreaterThan(2);
  expect([...lines]).toEqual(plain);
  expect(() => lintList({ name: 'opencti-win-query-name', lines, target: 'api' })).not.toThrow();
});
