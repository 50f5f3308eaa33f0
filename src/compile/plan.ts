import { eventFields, type Subject } from '../wazuh/event-fields.ts';
import { renderTemplate } from '../wazuh/render.ts';
import { type RuleFile, renderRuleFiles, type SiteParents } from '../wazuh/rule-files.ts';
import { lintList } from './lint.ts';
import { type CompiledList, compileLists } from './lists.ts';
import type { SelectedValue } from './selection.ts';

export interface PlanOptions {
  /** The first id of the block that the rules use. */
  readonly firstId: number;
  readonly level: Readonly<Record<Subject, number>>;
  /** By the key of the event field. */
  readonly siteParents: Readonly<Record<string, SiteParents>>;
  readonly linuxDecoder: boolean;
  /** The alert of a list match sends no mail. Default: false. */
  readonly withoutMail?: boolean;
}

/** All that is to be published. Making it is pure; publishing it can only fail for reasons of the target. */
export interface Plan {
  readonly lists: readonly CompiledList[];
  readonly ruleFiles: readonly RuleFile[];
  /** What a person puts into `ossec.conf`. */
  readonly snippet: string;
}

/** @throws KnownError when a list or a rule would not be accepted, so that nothing is written. */
export function compilePlan(values: readonly SelectedValue[], options: PlanOptions): Plan {
  const plan: Plan = {
    lists: compileLists(values),
    ruleFiles: renderRuleFiles({ ...options, gates: new Map() }),
    snippet: renderTemplate('ossec.conf.snippet', { lists: eventFields.map(({ list }) => list) }),
  };
  for (const list of plan.lists) lintList(list);
  return plan;
}
