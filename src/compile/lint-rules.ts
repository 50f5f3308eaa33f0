import { KnownError } from '../errors.ts';
import { eventFields } from '../wazuh/event-fields.ts';
import type { RuleFile } from '../wazuh/rule-files.ts';
import { loadRuleset } from '../wazuh/ruleset/load-ruleset.ts';
import { formatProblem } from '../wazuh/ruleset/problem.ts';
import type { SiteParents } from '../wazuh/site-parents.ts';
import { toStandInBase } from '../wazuh/stand-in-base.ts';

/** More would not help the one who has to report it. */
const shownProblems = 5;

/**
 * Loads the rule files as the engine would, below stand-ins for the rules of the manager: one malformed element
 * takes a whole ruleset down, so nothing is published that the model would refuse, drop or doubt.
 * @param decoderNames decoders that the manager has besides the engine's own and ours.
 * @throws KnownError that quotes the problems.
 */
export function lintRuleFiles(
  files: readonly RuleFile[],
  siteParents: Readonly<Record<string, SiteParents>>,
  decoderNames: readonly string[] = [],
): void {
  const ours = files.map(({ path, text }) => ({ name: path, text, ours: true }));
  const { problems } = loadRuleset({
    rules: [toStandInBase(siteParents), ...ours.filter(({ name }) => name.startsWith('rules/'))],
    decoders: ours.filter(({ name }) => name.startsWith('decoders/')),
    decoderNames,
    lists: new Map(eventFields.map(({ list }) => [`etc/lists/${list}`, null])),
  });
  if (problems.length === 0) return;
  const shown = problems.slice(0, shownProblems).map((problem) => `  ${formatProblem(problem)}`);
  throw new KnownError(['the rules would not load as they stand: nothing was written', ...shown].join('\n'));
}
