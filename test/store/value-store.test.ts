import fc from 'fast-check';
import { expect, test } from 'vitest';
import { createObjectStore } from '../../src/store/object-store.ts';
import { createIds } from '../../src/store/packing.ts';
import { kindNumbers, storedKinds } from '../../src/store/sort.ts';
import { createValueStore, type ValueStore } from '../../src/store/value-store.ts';
import { toObservable } from '../../src/values/door.ts';
import type { Observable } from '../../src/values/kinds.ts';
import { isSkip } from '../../src/values/skip-reasons.ts';

const hexOf = (length: number) =>
  fc.string({ unit: fc.constantFrom('0', '1', 'a', 'f'), minLength: length, maxLength: length });
const label = fc.string({ unit: fc.constantFrom('a', 'b', '-', '1'), minLength: 1, maxLength: 4 });

/** Values that share beginnings, so that order and equality are put to the test. */
const observables = fc
  .array(
    fc.oneof(
      hexOf(32).map((text) => ({ kind: 'md5', text }) as const),
      hexOf(64).map((text) => ({ kind: 'sha256', text }) as const),
      fc.tuple(label, label).map((labels) => ({ kind: 'name', text: `${labels.join('.')}.com` }) as const),
      fc
        .tuple(fc.integer({ min: 1, max: 9 }), fc.integer({ min: 1, max: 99 }))
        .map(([a, b]) => ({ kind: 'ipv4', text: `8.8.${a}.${b}` }) as const),
    ),
    { maxLength: 40 },
  )
  .map((claims) => claims.map(toObservable).flatMap((found) => (isSkip(found) ? [] : [found])));

const keyOf = ({ kind, value }: { kind: string; value: string }) => `${kind} ${value}`;

/** Interns each value and checks its number. @returns the values of the store, by number. */
function internAll(store: ValueStore, round: readonly Observable[], before: readonly string[]): string[] {
  const known = before.slice();
  for (const observable of round) {
    const expected = known.indexOf(keyOf(observable));
    expect(store.intern(observable)).toBe(expected < 0 ? known.length : expected);
    if (expected < 0) known.push(keyOf(observable));
  }
  return known;
}

function reorder(known: readonly string[], moved: Uint32Array | null): string[] {
  const reordered = known.slice();
  for (const [number, key] of known.entries()) reordered[moved?.[number] ?? number] = key;
  return reordered;
}

test('values keep their identity when they are sorted, more come and they are sorted again', () => {
  fc.assert(
    fc.property(fc.array(observables, { minLength: 1, maxLength: 4 }), (rounds) => {
      const store = createValueStore();
      /** The values that the store should have, by number. */
      let known: string[] = [];
      for (const round of rounds) {
        known = internAll(store, round, known);
        const moved = store.sort();
        known = reorder(known, moved);
        expect(store.size).toBe(known.length);
        expect(store.sortedSize).toBe(known.length);
        known.forEach((key, number) => {
          const observable = { kind: store.kindAt(number), value: store.textAt(number) };
          expect(keyOf(observable)).toBe(key);
          expect(store.find(observable)).toBe(number);
        });
        for (const kind of ['md5', 'sha256', 'name', 'ipv4']) {
          // The lines are those of a list, where `:` is after each key.
          const lines = known.filter((key) => key.startsWith(`${kind} `)).map((key) => `${key}:`);
          expect(lines).toEqual(lines.toSorted());
        }
      }
      expect(store.find({ kind: 'name', value: 'nobody.example' })).toBe(-1);
    }),
  );
});

test('the objects of a store name the same values behind a sort as before', () => {
  const store = createObjectStore();
  const base = { type: 'observable', score: 80, unusable: [], oneFile: false } as const;
  const names = ['b.com', 'a.com.br', 'a.com', 'b.com'];
  for (const [index, text] of names.entries())
    store.add({ ...base, id: `id-${index}`, claims: [{ kind: 'name', text }] });
  store.sortValues();
  const { links, linkStarts } = store.columns();
  const texts = names.map((_, object) => store.values.textAt(links[linkStarts[object] as number] as number));
  expect(texts).toEqual(names);
  // `.` is sorted before `:`.
  expect([0, 1, 2].map((number) => store.values.textAt(number))).toEqual(['a.com.br', 'a.com', 'b.com']);
});

test('ids are found among others, UUIDs and whatever else a platform calls an id', () => {
  const uuid = (digit: string) => `${digit.repeat(8)}-1111-4111-8111-${digit.repeat(12)}`;
  const plain = createIds();
  for (const digit of ['a', 'b', 'a', 'c']) plain.push(uuid(digit));
  expect(plain.findAll(new Set([uuid('a'), uuid('d')]))).toEqual([0, 2]);
  const mixed = createIds();
  for (const id of ['indicator--1', uuid('a'), 'aaaa', uuid('b')]) mixed.push(id);
  expect(mixed.findAll(new Set(['indicator--1', 'aaaa', uuid('b')]))).toEqual([0, 2, 3]);
  const picked = mixed.pick(3, (place) => 2 - place);
  expect([0, 1, 2].map(picked.at)).toEqual(['aaaa', uuid('a'), 'indicator--1']);
});

test('each kind has the number that files of the record have for it', () => {
  expect(storedKinds.map((kind) => kindNumbers[kind])).toEqual([...storedKinds.keys()]);
  expect(storedKinds.slice(0, 9)).toEqual([
    ...['sha256', 'sha1', 'md5', 'ipv4', 'ipv6', 'name', 'ipv4-network', 'ipv6-network'],
    'other-hash',
  ]);
});
