import type { PassedOver } from '../value-lists/parse-warning-list.ts';
import { formatCount } from './format.ts';

/** More entries than this say nothing to a reader. */
const shownEntries = 3;

/** `warning list "A list" (/etc/a.json): of 669 entries 12 are no hash, address or name, ...`. */
export function formatPassedOver({ list, file, entries, noValue, tooWide }: PassedOver): string {
  const shown = tooWide.slice(0, shownEntries).map((entry) => JSON.stringify(entry));
  const more = tooWide.length > shown.length ? ', ...' : '';
  const parts = [
    ...(noValue > 0 ? [`${formatCount(noValue)} that are no hash, address or name`] : []),
    ...(tooWide.length > 0
      ? [
          `${formatCount(tooWide.length)} that would take out a part of the internet (${shown.join(', ')}${more})`,
        ]
      : []),
  ];
  const sentence = `of ${formatCount(entries)} entries these are passed over: ${parts.join(', and ')}`;
  return `warning list ${JSON.stringify(list)} (${file}): ${sentence}`;
}
