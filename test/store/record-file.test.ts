import { createHash } from 'node:crypto';
import { expect, test } from 'vitest';
import { select } from '../../src/compile/select.ts';
import { parseRecordFile, readableBuffer, renderRecordFile } from '../../src/store/file.ts';
import { createObjectStore } from '../../src/store/object-store.ts';

const sha512 = '1f'.repeat(64);
const origin = { fingerprint: 'f', fullAt: 1, since: 2 };
const indicator = {
  type: 'indicator',
  score: 90,
  claims: [],
  unusable: [],
  oneFile: false,
  revoked: true,
  validFrom: null,
  validUntil: null,
} as const;

function write(): Buffer {
  const objects = createObjectStore();
  const sha256 = { kind: 'sha256', text: 'a0'.repeat(32) } as const;
  const name = { kind: 'name', text: 'evil.com' } as const;
  const observable = { type: 'observable', score: 80, unusable: [] } as const;
  // The first value is sorted after the last one.
  objects.add({ ...indicator, id: 'i-named', named: [name] });
  objects.add({ ...indicator, id: 'i-other', otherHashes: [sha512] });
  objects.add({ ...observable, id: 'o-name', claims: [name], oneFile: false });
  objects.add({ ...observable, id: 'o-file', claims: [sha256], otherHashes: [sha512], oneFile: true });
  objects.sortValues();
  return Buffer.concat([...renderRecordFile({ objects, origin })]);
}

test('what an object only names, and hashes that no event field carries, are in it', () => {
  const record = parseRecordFile(readableBuffer(write()));
  if (record === null) throw new Error('no record');
  const { values, skippedValues } = select(record.objects, { minScore: 50, networks: null, now: 0 });
  expect([...values]).toEqual([]);
  expect(skippedValues.map(({ value, reason, vote }) => [value, reason, vote?.id])).toEqual([
    ['a0'.repeat(32), 'revoked', 'i-other'],
    ['evil.com', 'revoked', 'i-named'],
  ]);
});

test('one of an earlier version counts as none, so that everything is read anew', () => {
  const file = write();
  const older = Buffer.from(file);
  older.write('3', older.indexOf('opencti-wazuh record ') + 'opencti-wazuh record '.length);
  const digest = createHash('sha256').update(older.subarray(0, -32)).digest();
  digest.copy(older, older.length - 32);
  expect(parseRecordFile(readableBuffer(file))).not.toBeNull();
  expect(parseRecordFile(readableBuffer(older))).toBeNull();
});
