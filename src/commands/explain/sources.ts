import * as v from 'valibot';
import type { Config } from '../../config/schema.ts';
import { KnownError } from '../../errors.ts';
import type { OpenCtiClient } from '../../opencti/client.ts';
import { type Ask, readObjectsOf } from '../../opencti/objects-of.ts';
import type { Platform } from '../../opencti/platform.ts';
import { type ResolvedSelection, toOfflineOptions } from '../../sync/filters.ts';
import type { Observable, SourceRecord } from '../../values/kinds.ts';
import type { DetectionFolder } from '../../wazuh/detection-folder.ts';
import { findRunFolder, readReport } from '../report/index.ts';
import { createEvidenceIndex, type Decided, decideValue, toObservables, undecided } from './decide.ts';
import { createNameFinder, findObjects, openPastRead, type PastRead } from './past-record.ts';
import { findInLists } from './published.ts';

/** The source of a decision: the platform now, the record of the last run, or only the published lists. */
export interface DecisionSource {
  /** Decides about many values at once, each in its place. @throws KnownError */
  decide(observables: readonly Observable[]): Promise<readonly Decided[]>;
  /** The name in the steps; null: it has no objects. */
  readonly name: string | null;
  /** The limits of the source; null: there are none that matter. */
  readonly limits: string | null;
}

export interface LiveOptions {
  readonly client: OpenCtiClient;
  readonly platform: Platform;
  readonly config: Config;
  readonly selection: ResolvedSelection;
  /** The ids of objects that lists or the last run name for a value, whatever its spelling in OpenCTI. */
  readonly findIds: (observable: Observable) => readonly string[];
}

/** Asks OpenCTI once for all values, and decides as a refresh would. */
export function createLiveSource({
  client,
  platform,
  config,
  selection,
  findIds,
}: LiveOptions): DecisionSource {
  const ask: Ask = async (document, variables) => (await client.request(document, variables, anyData)).data;
  return {
    name: `OpenCTI ${platform.version} at ${client.url}`,
    limits: null,
    async decide(observables) {
      const ids = observables.flatMap(findIds);
      const records = await readChains(
        { ask, platform, timeLimit: config.opencti.timeout },
        observables,
        ids,
      );
      const index = createEvidenceIndex(records.filter(isReadBy(config)));
      return observables.map((observable) => decideValue(observable, index, selection));
    },
  };
}

const anyData = v.record(v.string(), v.unknown());

function isReadBy({ select }: Config): (record: SourceRecord) => boolean {
  return ({ type }) => select.sources.includes(`${type}s`);
}

interface Asking {
  readonly ask: Ask;
  readonly platform: Platform;
  /** Milliseconds for the pages of each request. */
  readonly timeLimit: number;
}

/** The most steps: a file has few hashes, and a chain of files that share some is short. */
const mostRounds = 8;

/**
 * Returns all objects that can take part in the decision about the values: those that have or name them, and for the
 * hashes of a file also the objects of its other hashes, since all hashes of a file are decided together, whether an
 * event field carries them or not. This takes one request, and one more for each link of such a chain.
 * @throws OpenCtiError
 */
async function readChains(
  { ask, platform, timeLimit }: Asking,
  observables: readonly Observable[],
  ids: readonly string[],
): Promise<SourceRecord[]> {
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

function carriesOne(record: SourceRecord, values: ReadonlySet<string>): boolean {
  const others = record.otherHashes ?? [];
  return (
    toObservables(record).some(({ value }) => values.has(value)) || others.some((hash) => values.has(hash))
  );
}

/**
 * Returns the ids that lists or past runs name for a value: some objects have it in a spelling that no search would
 * find.
 */
export function createIdFinder(
  home: string,
  folder: DetectionFolder | null,
): (observable: Observable) => string[] {
  const past = openPastRead(home);
  return (observable) => {
    const listed = folder ? findInLists(observable, folder).map(({ id }) => id) : [];
    const read = past ? findObjects(past.objects, observable).map(({ id }) => id) : [];
    return [...new Set([...listed, ...read])];
  };
}

/**
 * Decides by the record of the refreshes, with the present configuration and clock, as a question to OpenCTI would be
 * decided; without a record, as in an export, by the published lists.
 * @param folder with the lists; null: there are none.
 * @throws KnownError (exit code 2) when there is neither
 */
export async function createOfflineSource(
  home: string,
  folder: DetectionFolder | null,
  config: Config,
  note: (text: string) => void,
): Promise<DecisionSource> {
  const past = openPastRead(home);
  if (past === null) return createPublishedSource(home, folder);
  const finder = createNameFinder(past.objects.details);
  const selection = await toOfflineOptions(finder, config, new Date(), note);
  const decide = (observable: Observable) => {
    const records = findObjects(past.objects, observable).filter(isReadBy(config));
    return decideValue(observable, createEvidenceIndex(records), selection);
  };
  return {
    name: `the record of the run of ${findTime(past, home)}`,
    limits:
      'The record is all that OpenCTI had then for this token, in normal form. ' +
      'It cannot know what came, changed or went since, and asks no resolver.',
    decide: async (observables) => observables.map(decide),
  };
}

function createPublishedSource(home: string, folder: DetectionFolder | null): DecisionSource {
  if (folder === null) {
    const advice = 'a refresh writes it; give the folder of an export with --from, or ask without --offline';
    const message = `there is no record of a run that can be used in ${findRunFolder(home)}, and there are no lists: ${advice}`;
    throw new KnownError(message, { exitCode: 2 });
  }
  return {
    name: null,
    limits:
      'Without a record the published lists and gates answer alone. They do not have the objects, nor why a value is out, ' +
      'and cannot know what changed since.',
    decide: async (observables) =>
      observables.map((observable) => ({
        ...undecided,
        decision: findInLists(observable, folder).length > 0 ? 'in' : 'unknown',
      })),
  };
}

/**
 * Returns the time of the run. A run that found nothing new leaves the record as it is; a run that was stopped after
 * the reading leaves no report.
 */
function findTime({ writtenAt }: PastRead, home: string): string {
  const written = writtenAt.toISOString();
  try {
    const { finished } = readReport(home);
    return [finished, written].sort().at(-1) ?? written;
  } catch {
    return written;
  }
}
