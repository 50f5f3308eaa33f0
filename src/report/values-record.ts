import { closeSync, openSync, readSync } from 'node:fs';
import type { Vote } from '../compile/evidence.ts';
import type { Traits } from '../compile/traits.ts';
import type { Observable } from '../observable/kinds.ts';
import type { SkipReason } from '../observable/skip-reasons.ts';
import type { Listing } from '../value-lists/value-index.ts';

/** What a run decided about one value. */
export interface RecordedDecision {
  /** Null: it is in. */
  readonly reason: SkipReason | null;
  /** The object that decided. */
  readonly object: (Omit<Vote, 'traits'> & { readonly traits: Traits | null }) | null;
  readonly listing: Listing | null;
}

const chunkBytes = 1 << 20;

/**
 * The decision about a value in a record, or null: the run did not see it. Reads the file through: it is not sorted,
 * since that would cost each run more than a question costs now and then.
 * @throws the system's error when the file cannot be read.
 */
export function findInRecord(file: string, { kind, value }: Observable): RecordedDecision | null {
  const handle = openSync(file, 'r');
  try {
    return findLine(handle, `\n${kind}\t${value}\t`);
  } finally {
    closeSync(handle);
  }
}

function findLine(handle: number, start: string): RecordedDecision | null {
  let header = '';
  for (const block of readBlocks(handle)) {
    if (header === '') header = block.slice(0, block.indexOf('\n'));
    const place = block.indexOf(start);
    if (place < 0) continue;
    const from = place + start.length;
    return parseLine(block.slice(from, block.indexOf('\n', from)), header);
  }
  return null;
}

/** Whole lines, with the end of the line before them. */
function* readBlocks(handle: number): Generator<string> {
  const chunk = Buffer.allocUnsafe(chunkBytes);
  let rest = '';
  for (let read = readSync(handle, chunk); read > 0; read = readSync(handle, chunk)) {
    const text = rest + chunk.toString('latin1', 0, read);
    const end = text.lastIndexOf('\n');
    if (end > 0) yield text.slice(0, end + 1);
    rest = end > 0 ? text.slice(end) : text;
  }
}

function parseLine(line: string, header: string): RecordedDecision {
  const [decision = '', type = '', id = '', score = '', validUntil = '', traits = '', listing = ''] =
    line.split('\t');
  return {
    reason: decision === 'in' ? null : (decision as SkipReason),
    object:
      id === ''
        ? null
        : {
            type: type as Vote['type'],
            id,
            score: score === '' ? null : Number(score),
            validUntil: validUntil === '' ? null : Number(validUntil),
            traits: parseTraits(header)[Number(traits)] ?? null,
          },
    listing: listing === '' ? null : (parseUtf8(listing) as Listing),
  };
}

function parseTraits(header: string): readonly Traits[] {
  return (parseUtf8(header) as { readonly traits: readonly Traits[] }).traits;
}

/** The file is read as bytes, so that a chunk may end anywhere; keys and values are ASCII, the JSON need not be. */
function parseUtf8(bytes: string): unknown {
  return JSON.parse(Buffer.from(bytes, 'latin1').toString('utf8'));
}
