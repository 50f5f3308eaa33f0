import { KnownError } from '../errors.ts';
import type { EventField } from './event-fields.ts';
import { parentGroups } from './event-parents.ts';
import { optionLimit } from './ruleset/option-text.ts';

/** Rules of the site, beside the stock ones, that the gate of a field hangs under (`rules.parents.<field>`). */
export interface SiteParents {
  readonly groups: readonly string[];
  readonly ids: readonly number[];
}

/** What the gates of a field name as their parents. */
interface Parents {
  /** The rule between the site's rules, by their ids, and the gates; null: none is needed. */
  readonly relay: { readonly parents: string; readonly group: string } | null;
  /** For `if_group`. */
  readonly groups: string;
}

/**
 * A rule that has an `if_sid` ignores its `if_group` (Wazuh 4.14.7), so ids get a rule of their own.
 * @throws KnownError that names the key when the engine would refuse the text.
 */
export function toParents(field: EventField, site: SiteParents = { groups: [], ids: [] }): Parents {
  const key = `rules.parents.${field.key}`;
  const group = `octrelay_${field.key}`;
  const ids = [...new Set(site.ids)].join(',');
  const groups = [...parentGroups(field), ...site.groups, ...(ids === '' ? [] : [group])].join('|');
  checkLength(ids, `${key}.ids`, `name fewer, or the groups of these rules in ${key}.groups`);
  checkLength(groups, `${key}.groups`, 'with the groups of the stock rules: name fewer');
  return { relay: ids === '' ? null : { parents: ids, group }, groups };
}

function checkLength(text: string, key: string, next: string): void {
  if (text.length <= optionLimit) return;
  throw new KnownError(
    `${key}: ${text.length} bytes, more than the ${optionLimit} that Wazuh takes, ${next}`,
  );
}
