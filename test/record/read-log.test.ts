import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { SourceRecord } from '../../src/observable/record.ts';
import { createObjectStore, type ObjectStore } from '../../src/record/object-store.ts';
import { createReadLogWriter, parseReadLog, type ReadOrigin } from '../../src/record/read-log.ts';

const origin: ReadOrigin = { fingerprint: 'f', startedAt: 1000, since: 900, why: 'because', isSecond: false };

/** Ids of both kinds, values that come again, texts that are none, few combinations of labels. */
function toRecord(number: number): SourceRecord {
  const digits = number.toString(16).padStart(12, '0');
  return {
    type: 'indicator',
    id: number % 5 === 0 ? `own-${number}` : `01234567-89ab-4cde-8f01-${digits}`,
    score: number % 3 === 0 ? null : number % 100,
    revoked: number % 2 === 0,
    validFrom: null,
    validUntil: number % 4 === 0 ? 5_000 + number : null,
    oneFile: false,
    claims: [{ kind: 'name', text: number % 7 === 0 ? 'no name' : `h${number % 11}.example` }],
    unusable: [],
    details: {
      createdAt: number,
      updatedAt: number + 1,
      author: number % 3 === 0 ? null : { id: 'a', name: 'An author' },
      labels: [{ id: 'l', name: `label ${number % 6}` }],
      markings: [],
      confidence: null,
      detection: number % 2 === 1,
    },
  };
}

/** A log of pages of so many rows, and where each page ends. */
function writeLog(rows: readonly number[]): { readonly file: Buffer; readonly ends: readonly number[] } {
  const writer = createReadLogWriter(origin, null);
  const objects = createObjectStore();
  let file = Buffer.alloc(0);
  const ends: number[] = [];
  for (const [page, count] of rows.entries()) {
    for (let row = 0; row < count; row += 1) objects.add(toRecord(objects.size));
    const bytes = writer.addPage(objects, toPage(page, objects.size));
    file = Buffer.concat([file, bytes]);
    ends.push(file.length);
  }
  return { file, ends };
}

const toPage = (page: number, read: number) => ({
  source: 'indicators' as const,
  cursor: `c${page}`,
  read,
  at: 2_000 + page,
});

/** All that a store says of its objects. */
function describeObjects(objects: ObjectStore): readonly object[] {
  const { flags, scores, validUntil, updatedAt, details, linkStarts, links } = objects.columns();
  return Array.from({ length: objects.size }, (_, object) => ({
    id: objects.ids.at(object),
    flags: flags[object],
    score: scores[object],
    validUntil: validUntil[object],
    updatedAt: updatedAt[object],
    details: objects.details.at(details[object] ?? -1),
    values: [...links.subarray(linkStarts[object], linkStarts[object + 1])].map((link) =>
      link < 0 ? link : objects.values.textAt(link),
    ),
  }));
}

function storeOf(count: number): ObjectStore {
  const objects = createObjectStore();
  for (let row = 0; row < count; row += 1) objects.add(toRecord(row));
  return objects;
}

describe('the log of a read', () => {
  test('gives back all pages: objects, place and origin', () => {
    const { file } = writeLog([5, 1, 20]);
    const log = parseReadLog(file);
    expect(log).toMatchObject({
      origin,
      pages: 3,
      last: { source: 'indicators', cursor: 'c2', read: 26, at: 2_002 },
      size: file.length,
    });
    expect(log && describeObjects(log.objects)).toEqual(describeObjects(storeOf(26)));
  });

  test('writes each object once: pages are not longer for what is before them', () => {
    const { ends } = writeLog([100, 100, 100, 100]);
    const sizes = ends.map((end, page) => end - (ends[page - 1] ?? 0));
    expect(Math.abs((sizes[3] ?? 0) - (sizes[1] ?? 0))).toBeLessThan(200);
  });

  test('goes on behind its last page', () => {
    const { file } = writeLog([5, 6]);
    const begun = parseReadLog(file);
    if (begun === null) throw new Error('the log is not read');
    const writer = createReadLogWriter(origin, begun);
    for (let row = 11; row < 30; row += 1) begun.objects.add(toRecord(row));
    const more = writer.addPage(begun.objects, toPage(2, 30));
    const whole = parseReadLog(Buffer.concat([file, more]));
    expect(whole).toMatchObject({ pages: 3, last: { cursor: 'c2' } });
    expect(whole && describeObjects(whole.objects)).toEqual(describeObjects(storeOf(30)));
  });

  test('cut anywhere it has the pages that are whole', () => {
    const { file, ends } = writeLog([3, 2, 4]);
    for (let size = 0; size < file.length; size += 1) {
      const pages = ends.filter((end) => end <= size).length;
      const log = parseReadLog(file.subarray(0, size));
      expect(log?.pages ?? 0, `cut at ${size}`).toBe(pages);
      expect(log?.size ?? 0).toBe(ends[pages - 1] ?? 0);
    }
  });

  test('a byte that is another one ends it before its page, and so does another file behind it', () => {
    const { file, ends } = writeLog([3, 2, 4]);
    fc.assert(
      fc.property(fc.nat(file.length - 1), fc.integer({ min: 1, max: 255 }), (at, change) => {
        const damaged = Buffer.from(file);
        damaged[at] = (damaged[at] ?? 0) ^ change;
        const pages = ends.filter((end) => end <= at).length;
        expect(parseReadLog(damaged)?.pages ?? 0).toBe(pages);
      }),
    );
    expect(parseReadLog(Buffer.concat([file, file]))?.pages).toBe(3);
    expect(parseReadLog(Buffer.concat([file, Buffer.from('{}\n'), Buffer.alloc(64)]))?.pages).toBe(3);
  });

  test.each([
    ['nothing', ''],
    ['something else', 'hello\n'],
    ['no object', 'null\n'],
    ['zeros, as a crash of the machine leaves them', '\0'.repeat(4096)],
  ])('%s is none', (_, text) => {
    expect(parseReadLog(Buffer.from(text))).toBeNull();
  });

  test('a page of an earlier version of the log is not believed behind this one', () => {
    const first = writeLog([3, 2]);
    const other = writeLog([4, 2]);
    const mixed = Buffer.concat([first.file.subarray(0, first.ends[0]), other.file.subarray(other.ends[0])]);
    expect(parseReadLog(mixed)?.pages).toBe(1);
  });
});
