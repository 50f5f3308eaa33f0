import { describe, expect, it } from 'vitest';
import { isSharedThere, readCopy, readRecording } from './recorded.ts';

type Row = Readonly<Record<string, unknown>>;

/** The copies leave out what no test reads; all else is as it was recorded. */
describe.runIf(isSharedThere)('the copy of a recording', () => {
  it.each(['reload.jsonl', 'events.jsonl', 'linux-hash.jsonl'])('%s holds what was recorded', (name) => {
    const copied = readCopy<Row>(name);
    const recorded = readRecording<Row>(name);
    expect(copied).toHaveLength(recorded.length);
    for (const [index, row] of copied.entries()) expect(recorded[index]).toMatchObject(row);
  });
});
