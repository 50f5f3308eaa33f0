/**
 * Constant databases as cr.yp.to/cdb/cdb.txt describes them, in code that the product's reader does not share. A process of
 * Debian's `cdb` for each list took a third of the time of a refresh in the tests; `cdb.test.ts` holds these two
 * functions to that program, byte for byte.
 */
type Entry = readonly [key: string, value: string];

const tables = 256;
const headBytes = tables * 8;

/** Returns the bytes that `cdb -c` writes for the entries in their order; a key may be there more than once. */
export function makeCdb(entries: readonly Entry[]): Buffer {
  const records: Buffer[] = [];
  const slotsOf: { readonly hash: number; readonly place: number }[][] = Array.from(
    { length: tables },
    () => [],
  );
  let end = headBytes;
  for (const [key, value] of entries) {
    const [keyBytes, valueBytes] = [Buffer.from(key), Buffer.from(value)];
    const lengths = Buffer.alloc(8);
    lengths.writeUInt32LE(keyBytes.length, 0);
    lengths.writeUInt32LE(valueBytes.length, 4);
    const hash = hashKey(keyBytes);
    slotsOf[hash % tables]?.push({ hash, place: end });
    records.push(lengths, keyBytes, valueBytes);
    end += 8 + keyBytes.length + valueBytes.length;
  }
  const head = Buffer.alloc(headBytes);
  const hashTables = slotsOf.map((slots, table) => {
    const bytes = toHashTable(slots);
    head.writeUInt32LE(end, table * 8);
    head.writeUInt32LE(slots.length * 2, table * 8 + 4);
    end += bytes.length;
    return bytes;
  });
  return Buffer.concat([head, ...records, ...hashTables]);
}

/** Makes a table with twice as many slots as keys; each key is in the first free slot from its own one on. */
function toHashTable(slots: readonly { readonly hash: number; readonly place: number }[]): Buffer {
  const count = slots.length * 2;
  const table = Buffer.alloc(count * 8);
  for (const { hash, place } of slots) {
    let slot = (hash >>> 8) % count;
    while (table.readUInt32LE(slot * 8 + 4) !== 0) slot = (slot + 1) % count;
    table.writeUInt32LE(hash, slot * 8);
    table.writeUInt32LE(place, slot * 8 + 4);
  }
  return table;
}

function hashKey(key: Buffer): number {
  let hash = 5_381;
  for (const byte of key) hash = (Math.imul(hash, 33) ^ byte) >>> 0;
  return hash;
}

/** Returns what `cdb -d` prints of a database: its records in the order of the file. @throws RangeError when it was cut. */
export function dumpCdb(bytes: Buffer): Entry[] {
  const entries: Entry[] = [];
  const end = bytes.readUInt32LE(0);
  for (let at = headBytes; at < end; ) {
    const key = at + 8;
    const value = key + bytes.readUInt32LE(at);
    at = value + bytes.readUInt32LE(at + 4);
    entries.push([bytes.toString('utf8', key, value), bytes.toString('utf8', value, at)]);
  }
  return entries;
}
