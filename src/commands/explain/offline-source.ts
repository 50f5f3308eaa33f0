import type { Config } from '../../config/schema.ts';
import type { Observable } from '../../observable/kinds.ts';
import { readReport } from '../../report/read-report.ts';
import type { ResolvedSelection } from '../selection-options.ts';
import { toOfflineOptions } from '../selection-options.ts';
import { createEvidenceIndex, decideValue } from './decide-value.ts';
import type { DecisionSource } from './explain-values.ts';
import { findObjects, openPastRead, type PastRead } from './past-read.ts';
import { createNameFinder } from './record-names.ts';
import { createRunSource } from './run-source.ts';

/**
 * What refreshes have read, decided with the configuration and the clock of now, as a live question would; of an export,
 * which keeps no objects, what its run decided.
 * @throws KnownError when there is neither
 */
export async function createOfflineSource(
  home: string,
  config: Config,
  note: (text: string) => void,
): Promise<DecisionSource> {
  const past = openPastRead(home);
  if (past === null) return createRunSource(home);
  const finder = createNameFinder(past.objects.details);
  const selection = await toOfflineOptions(finder, config, new Date(), note);
  return createPastSource(past, selection, config, findTime(past, home));
}

function createPastSource(
  { objects }: PastRead,
  selection: ResolvedSelection,
  config: Config,
  time: string,
): DecisionSource {
  const decide = (observable: Observable) => {
    const records = findObjects(objects, observable);
    const isRead = ({ type }: (typeof records)[number]) => config.select.sources.includes(`${type}s`);
    return decideValue(observable, createEvidenceIndex(records.filter(isRead)), selection);
  };
  return {
    name: `the record of the run of ${time}`,
    limits:
      'The record is all that OpenCTI had then for this token, in normal form. ' +
      'It cannot know what came, changed or went since, and asks no resolver.',
    decide: async (observables) => observables.map(decide),
  };
}

/** A run that found nothing new leaves the record as it is; one that was stopped behind the reading leaves no report. */
function findTime({ writtenAt }: PastRead, home: string): string {
  const written = writtenAt.toISOString();
  try {
    const { finished } = readReport(home);
    return [finished, written].sort().at(-1) ?? written;
  } catch {
    return written;
  }
}
