import { join } from 'node:path';
import type { Config } from '../../config/schema.ts';
import type { Observable } from '../../observable/kinds.ts';
import type { SourceRecord } from '../../observable/record.ts';
import { isSkip } from '../../observable/skip.ts';
import { toObservable } from '../../observable/to-observable.ts';
import type { OpenCtiClient } from '../../opencti/client.ts';
import type { Platform } from '../../opencti/preflight.ts';
import { findSince, historyFile } from '../../report/history.ts';
import { findRunFolder } from '../../report/read-report.ts';
import type { DetectionFolder } from '../../wazuh/detection-folder.ts';
import { findInLists, lookUpObservable } from '../lookup/look-up-value.ts';
import { toClaims } from '../lookup/to-claims.ts';
import type { ResolvedSelection } from '../selection-options.ts';
import { createEvidenceIndex, type Decided, decideValue } from './decide-value.ts';
import type { Explanation } from './explanation.ts';
import { describeMatches } from './matches.ts';
import { readEvidence } from './read-evidence.ts';
import { describeRefused, describeSteps } from './steps.ts';

/** Where a decision comes from: the platform now, or the record of the last run. */
export interface DecisionSource {
  /** For many values at once, each in its place. @throws KnownError */
  decide(observables: readonly Observable[]): Promise<readonly Decided[]>;
  /** How the steps call it. */
  readonly name: string;
  /** What it cannot know; null: nothing that matters. */
  readonly limits: string | null;
}

export interface LiveOptions {
  readonly client: OpenCtiClient;
  readonly platform: Platform;
  readonly config: Config;
  readonly selection: ResolvedSelection;
  /** Objects that lists or the last run name for a value, whatever its spelling in OpenCTI. */
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
  const isRead = ({ type }: SourceRecord) => config.select.sources.includes(`${type}s`);
  return {
    name: `OpenCTI ${platform.version} at ${client.url}`,
    limits: null,
    async decide(observables) {
      const ids = observables.flatMap(findIds);
      const records = await readEvidence(client, platform, observables, ids, config.opencti.timeout);
      const index = createEvidenceIndex(records.filter(isRead));
      return observables.map((observable) => decideValue(observable, index, selection));
    },
  };
}

/** @param folder with the lists as they are now; null: there are none here. */
export async function explainText(
  text: string,
  source: DecisionSource,
  folder: DetectionFolder | null,
  config: Config,
): Promise<Explanation[]> {
  const parts = toClaims(text).map((claim) => ({ claim, observable: toObservable(claim) }));
  const values = parts.flatMap(({ observable }) => (isSkip(observable) ? [] : [observable]));
  const decided = await source.decide(values);
  return Promise.all(
    parts.map(({ claim, observable }) => {
      if (isSkip(observable)) return describeRefused(claim, observable.skip);
      const decision = decided[values.indexOf(observable)];
      if (decision === undefined) throw new RangeError(`no decision about ${observable.value}`);
      return toExplanation(text, observable, decision, { source, folder, config });
    }),
  );
}

interface Surroundings {
  readonly source: DecisionSource;
  readonly folder: DetectionFolder | null;
  readonly config: Config;
}

async function toExplanation(
  text: string,
  observable: Observable,
  decided: Decided,
  { source, folder, config }: Surroundings,
): Promise<Explanation> {
  const { lists, gates } = folder ? await lookUpObservable(observable, folder) : { lists: [], gates: [] };
  const since = folder ? findSince(join(findRunFolder(folder.folder), historyFile)) : () => null;
  const listed = lists.map((hit) => ({ ...hit, since: since(hit) }));
  return {
    ...observable,
    decision: decided.decision,
    reason: decided.reason,
    steps: describeSteps({
      text,
      observable,
      decided,
      config,
      listed,
      gates,
      source,
      hasLists: folder !== null,
    }),
    objects: decided.objects,
    lists: listed,
    gates,
    ...describeMatches(observable, decided.decision === 'in' || listed.length > 0, config),
  };
}

/** The objects that the lists name for a value. */
export function findListedIds(folder: DetectionFolder, observable: Observable): string[] {
  return [...new Set(findInLists(observable, folder).map(({ id }) => id))];
}
