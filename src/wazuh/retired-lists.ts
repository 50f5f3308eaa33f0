import { canaryId, listCanaries } from './canaries.ts';
import { retiredLists } from './fields.ts';
import { formatListLine } from './list-text.ts';

/**
 * The lists that no rule reads any more and that `ossec.conf` still declares, with nothing but a canary: the engine looks
 * for each declared list. `install` takes such a line out, and then the list goes.
 * @param declared paths below the home.
 */
export function toRetiredLists(declared: readonly string[]) {
  const line = formatListLine({ key: `SHA256=${listCanaries.sha256.toUpperCase()}`, value: canaryId });
  return retiredLists
    .filter((name) => declared.includes(`etc/lists/${name}`))
    .map((name) => ({ path: `lists/${name}`, lines: [line] }));
}
