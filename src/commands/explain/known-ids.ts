import { KnownError } from '../../errors.ts';
import type { Observable } from '../../observable/kinds.ts';
import { findRecord } from '../../report/read-report.ts';
import { findInRecord } from '../../report/values-record.ts';
import type { DetectionFolder } from '../../wazuh/detection-folder.ts';
import { findListedIds } from './explain-values.ts';
import { findObjects, openPastRead } from './past-read.ts';

/** The objects that lists or past runs name for a value: some have it under a spelling that nobody would guess. */
export function createIdFinder(
  home: string,
  folder: DetectionFolder | null,
): (observable: Observable) => string[] {
  const past = openPastRead(home);
  return (observable) => {
    const listed = folder ? findListedIds(folder, observable) : [];
    const read = past
      ? findObjects(past.objects, observable).map(({ id }) => id)
      : findDeciders(observable, home);
    return [...new Set([...listed, ...read])];
  };
}

/** Of an export, which keeps no others. */
function findDeciders(observable: Observable, home: string): string[] {
  try {
    const object = findInRecord(findRecord(home), observable)?.object ?? null;
    return object === null ? [] : [object.id];
  } catch (error) {
    if (error instanceof KnownError) return [];
    throw error;
  }
}
