import { entityTypeAt, toContent, toTexts } from './content.ts';
import type { StoredObservable } from './objects.ts';
import type { GeneratedRows } from './reading.ts';
import { toRowId, toRowIndex } from './row-ids.ts';
import { toAuthor, toLabels, toMarkings, toScore } from './seeded-parts.ts';
import { lastNotAfter, timeAt } from './timeline.ts';
import { writeObservable } from './written.ts';

const salt = 1;

export function seededObservables(
  seed: number,
  count: number,
  toIndicators: (index: number) => readonly string[],
): GeneratedRows<StoredObservable> {
  const idAt = (index: number) => toRowId(seed, salt, index);
  const isoAt = (field: 'created_at' | 'updated_at', index: number) =>
    new Date(timeAt(seed, field, index)).toISOString();
  return {
    count,
    timeAt: (field, index) => timeAt(seed, field, index),
    lastNotAfter: (field, time) => lastNotAfter(seed, field, count, time),
    entityTypeAt,
    markingsAt: (index) => toMarkings(seed, salt, index),
    idAt,
    indexOf: (id) => toRowIndex(seed, salt, count, id),
    textsAt: (index) => toTexts(toContent(seed, index)),
    at: (index) =>
      writeObservable({
        id: idAt(index),
        entity_type: entityTypeAt(index),
        created_at: isoAt('created_at', index),
        updated_at: isoAt('updated_at', index),
        createdBy: toAuthor(seed, salt, index),
        objectMarking: toMarkings(seed, salt, index),
        objectLabel: toLabels(seed, salt, index),
        x_opencti_score: toScore(seed, salt, index),
        indicators: toIndicators(index),
        ...toContent(seed, index),
      }),
  };
}
