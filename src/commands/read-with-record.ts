import { createHash } from 'node:crypto';
import packageJson from '../../package.json' with { type: 'json' };
import { applyChanges, countObjects, findNewest, type ObjectCounts } from '../record/apply-changes.ts';
import type { ReadableBytes } from '../record/readable-bytes.ts';
import {
  type PlatformRecord,
  parseRecordFile,
  type RecordOrigin,
  renderRecordFile,
} from '../record/record-file.ts';
import { formatCount } from './format.ts';
import { type ObjectReader, type ObjectsRead, overlap, toPlatformTime } from './read-objects.ts';

/** Where the record of a platform lies between two runs. */
export interface RecordPlace {
  /** Null: there is none. */
  read<T>(take: (file: ReadableBytes) => T): T | null;
  /** Puts a whole new record in the place of the one before. */
  write(parts: Iterable<Uint8Array>): void;
}

/**
 * What changed since the run before, on top of what that one left; or everything: once in `opencti.full_every`, after a
 * change of version or configuration, on another platform, and when the counts disagree, since nothing tells of deletes.
 */
export async function readWithRecord(
  reader: ObjectReader,
  place: RecordPlace,
  now: Date,
): Promise<ObjectsRead> {
  const fingerprint = toFingerprint(reader);
  const changed = await tryChanges(reader, place, fingerprint, now);
  if (typeof changed !== 'string') return changed;
  const read = await reader.readAll(null);
  const origin = { fingerprint, fullAt: now.getTime(), since: toPlatformTime(reader.platform, now) };
  save(place, { objects: read.objects, origin }, reader);
  return { ...read, whyAll: changed };
}

/** A text: why everything has to be read. */
async function tryChanges(
  reader: ObjectReader,
  place: RecordPlace,
  fingerprint: string,
  now: Date,
): Promise<ObjectsRead | string> {
  const known = place.read(parseRecordFile);
  if (known === null) return 'there is no record of an earlier run that can be used';
  const reason = findReason(known.origin, fingerprint, reader.config.opencti.fullEvery, now);
  return reason ?? (await readChanges(reader, known, place, now));
}

/** Why everything is read, or null. */
function findReason(origin: RecordOrigin, fingerprint: string, fullEvery: number, now: Date): string | null {
  if (origin.fingerprint !== fingerprint)
    return 'the version, the configuration or the platform is another one';
  const age = now.getTime() - origin.fullAt;
  if (age < 0 || age >= fullEvery) return 'the last time lies as long back as opencti.full_every says';
  return null;
}

/** A text: the platform has another number of objects than the record would have. */
async function readChanges(
  reader: ObjectReader,
  { objects, origin }: PlatformRecord,
  place: RecordPlace,
  now: Date,
): Promise<ObjectsRead | string> {
  // The newest row may be younger than an edit of another one that came when that had been read.
  const sinceOf = (type: 'observable' | 'indicator') =>
    Math.max(0, Math.min(findNewest(objects, type) ?? 0, origin.since) - overlap);
  const changes = await reader.readChanges({
    observables: sinceOf('observable'),
    indicators: sinceOf('indicator'),
  });
  applyChanges(objects, changes);
  objects.sortValues();
  const there = await reader.count();
  const here = countObjects(objects);
  if (there.observables !== here.observables || there.indicators !== here.indicators) {
    const reason = `OpenCTI has ${format(there)}, the record ${format(here)}`;
    reader.progress.note(`reading everything: ${reason}`);
    return reason;
  }
  const since = toPlatformTime(reader.platform, now);
  if (changes.length > 0) save(place, { objects, origin: { ...origin, since } }, reader);
  return { objects, rows: changes.length, whyAll: null };
}

const format = ({ observables, indicators }: ObjectCounts) =>
  `${formatCount(observables)} observables and ${formatCount(indicators)} indicators`;

/** A record that cannot be written costs the next run time, and nothing else. */
function save(place: RecordPlace, record: PlatformRecord, { progress }: ObjectReader): void {
  try {
    place.write(renderRecordFile(record));
  } catch (error) {
    progress.note(
      `what was read could not be kept, so the next run reads everything: ${(error as Error).message}`,
    );
  }
}

function toFingerprint({ config, platform }: ObjectReader): string {
  const { url } = config.opencti;
  const { platformId, user, markings } = platform;
  const parts = [packageJson.version, url, config.select, config.gates, platformId, user, markings];
  return createHash('sha256').update(JSON.stringify(parts)).digest('hex');
}
