import type { SourceRecord } from '../observable/record.ts';
import { isObjectId } from './object-id.ts';

/**
 * The record, or one of the same object that brings nothing in: an id is the value part of a list line and the name under
 * which a change finds its object, so one with a line break would be a line of its own. What the object says is counted
 * as `malformed-id`; a UUID made of the id stands for it.
 */
export function withCheckedId<T extends SourceRecord>(record: T): T {
  if (isObjectId(record.id)) return record;
  const said = [...record.claims, ...record.unusable].map(({ text }) => text);
  return {
    ...record,
    id: toStandIn(record.id),
    claims: [],
    unusable: (said.length > 0 ? said : [record.id]).map((text) => ({ text, reason: 'malformed-id' })),
    oneFile: false,
    named: undefined,
    otherHashes: undefined,
  };
}

function toStandIn(id: string): string {
  // Loaded when it is needed: it takes 4 ms, and a look-up of a match never needs it.
  const { createHash } = process.getBuiltinModule('node:crypto');
  const hex = createHash('sha256').update(id).digest('hex');
  return hex.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12}).*$/, '$1-$2-$3-$4-$5');
}
