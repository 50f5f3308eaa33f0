import * as v from 'valibot';
import type { Observable } from '../../observable/kinds.ts';
import type { SourceRecord } from '../../observable/record.ts';
import { isSkip } from '../../observable/skip.ts';
import { toObservable } from '../../observable/to-observable.ts';
import type { OpenCtiClient } from '../../opencti/client.ts';
import { type Ask, readObjectsOf } from '../../opencti/objects-of.ts';
import type { Platform } from '../../opencti/preflight.ts';

/** A file has few hashes; a chain of files that share some is short. */
const mostRounds = 8;

/**
 * All objects that can have a say about the values: those that have or name them, and for the hashes of a file those of its
 * other hashes, since they stand and fall together, whether an event field carries them or not. One request, and one more for each link of such a chain.
 * @param timeLimit milliseconds for the pages of each.
 * @throws OpenCtiError
 */
export async function readEvidence(
  client: OpenCtiClient,
  platform: Platform,
  observables: readonly Observable[],
  ids: readonly string[],
  timeLimit: number,
): Promise<SourceRecord[]> {
  const ask: Ask = async (document, variables) => (await client.request(document, variables, anyData)).data;
  const records = new Map<string, SourceRecord>();
  const asked = new Set<string>();
  let wanted: readonly Observable[] = observables;
  let otherHashes: readonly string[] = [];
  for (let round = 0; wanted.length + otherHashes.length > 0 && round < mostRounds; round += 1) {
    for (const { value } of wanted) asked.add(value);
    for (const hash of otherHashes) asked.add(hash);
    const question = { observables: wanted, otherHashes, ids: round === 0 ? ids : [], timeLimit };
    const found = await readObjectsOf(ask, platform.shape, question);
    for (const record of found) records.set(record.id, record);
    const linked = found.filter(({ oneFile }) => oneFile).filter((record) => carriesOne(record, asked));
    wanted = linked.flatMap(toObservables).filter(({ value }) => !asked.has(value));
    otherHashes = linked.flatMap((record) => record.otherHashes ?? []).filter((hash) => !asked.has(hash));
  }
  return [...records.values()];
}

const anyData = v.record(v.string(), v.unknown());

export function toObservables({ claims }: Pick<SourceRecord, 'claims'>): Observable[] {
  return claims.flatMap((claim): Observable[] => {
    const observable = toObservable(claim);
    return isSkip(observable) ? [] : [observable];
  });
}

function carriesOne(record: SourceRecord, values: ReadonlySet<string>): boolean {
  const others = record.otherHashes ?? [];
  return (
    toObservables(record).some(({ value }) => values.has(value)) || others.some((hash) => values.has(hash))
  );
}
