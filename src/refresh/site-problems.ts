import { toPlanOptions } from '../commands/plan-options.ts';
import { compilePlan } from '../compile/plan.ts';
import { toValueSet } from '../compile/value-set.ts';
import type { Config } from '../config/config.ts';
import { findTakenIds, readSiteFiles, type SiteFiles } from '../install/site-rules.ts';
import { isOwnRuleId } from '../wazuh/own-rule-ids.ts';
import { loadRuleset } from '../wazuh/ruleset/load-ruleset.ts';
import { formatProblem, type Problem } from '../wazuh/ruleset/problem.ts';

/** Of what the engine drops rules for, what depends on the site alone. */
const causes: ReadonlySet<Problem['cause']> = new Set(['unknown-parent', 'some-parents-unknown']);

/**
 * Why the engine would drop a rule of ours, by the rules of the site: an id that is taken, a parent that is not there.
 * Of ours the rules without any value are looked at, since no value changes an id or a parent.
 */
export function findSiteProblems(home: string, config: Config): string[] {
  const { rules, gates } = config;
  const site = readSiteFiles(home);
  const isOurs = (id: number) => isOwnRuleId(id, rules.firstId, gates.firstId);
  const taken = findTakenIds(site, isOurs).map(
    ({ file, line, id }) =>
      `${file}:${line}: rule ${id} is an id of ours: give it another one, or move ours with rules.first_id or gates.first_id`,
  );
  return taken.length > 0 ? taken : findLostRules(site, config, isOurs);
}

function findLostRules(
  { rules, decoders }: SiteFiles,
  config: Config,
  isOurs: (id: number) => boolean,
): string[] {
  const { ruleFiles, lists } = compilePlan(toValueSet([]), { ...toPlanOptions(config), canaries: true });
  const ours = (part: string) =>
    ruleFiles
      .filter(({ path }) => path.startsWith(part))
      .map(({ path, text }) => ({ name: `etc/${path}`, text, ours: true }));
  const { problems } = loadRuleset({
    rules: [...rules.filter((file) => !file.ours), ...ours('rules/')],
    decoders: [...decoders.filter((file) => !file.ours), ...ours('decoders/')],
    lists: new Map(lists.map(({ name }) => [`etc/lists/${name}`, null])),
  });
  return problems
    .filter(({ cause, ruleId }) => causes.has(cause) && ruleId !== null && isOurs(ruleId))
    .map(formatProblem);
}
