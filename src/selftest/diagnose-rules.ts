import { type Evaluation, evaluate } from '../wazuh/ruleset/evaluate.ts';
import type { LoadedRuleset } from '../wazuh/ruleset/load-ruleset.ts';
import { toEventOfMessage } from '../wazuh/ruleset/message-event.ts';
import { effectOf, formatProblem, type Problem } from '../wazuh/ruleset/problem.ts';
import { isOwnXml } from '../wazuh/ruleset-folder.ts';
import type { SelftestEvent } from './selftest-event.ts';

/** Why an event did not come back from its rule, as far as the files tell, and what to do. */
export interface Diagnosis {
  /** A rule that takes the event away. */
  readonly shadow: number | null;
  readonly cause: string;
  readonly next: string;
}

export const none = { shadow: null } as const;

type IsOwn = (id: number) => boolean;

/** Why an event does not come to its rule, by the rules and decoders of the manager. */
export function diagnoseRules(
  { ruleset, problems }: LoadedRuleset,
  event: SelftestEvent,
  isOwn: IsOwn,
): Diagnosis {
  const decoded = toEventOfMessage(ruleset, event.message);
  const result = decoded && evaluate(ruleset, decoded);
  if (result?.fired?.id === event.ruleId)
    return {
      ...none,
      cause: 'by the files it would fire: the engine has not loaded them, or needs longer than --timeout',
      next: 'see bin/wazuh-control status and logs/ossec.log, then run opencti-wazuh refresh --force',
    };
  return findDropped(problems, isOwn) ?? diagnoseWinner(result, isOwn);
}

/** A rule of ours that the engine drops, or a reason for which it drops all. */
function findDropped(problems: readonly Problem[], isOwn: IsOwn): Diagnosis | null {
  // A rule of the site that has an id of ours is dropped itself, since ours load first.
  const concerns = ({ file, ruleId }: Problem) => isOwnXml(file) && ruleId !== null && isOwn(ruleId);
  const found = problems.find(
    (problem) =>
      effectOf(problem) === 'refused' || (concerns(problem) && effectOf(problem) !== 'not-modelled'),
  );
  if (!found) return null;
  const next = isOwnXml(found.file)
    ? 'run opencti-wazuh refresh, which writes the rules anew'
    : `mend ${found.file}, and restart the manager`;
  const what = effectOf(found) === 'refused' ? 'refuses the ruleset' : 'drops a rule';
  return { ...none, cause: `the engine ${what}: ${formatProblem(found)}`, next };
}

function diagnoseWinner(result: Evaluation | null, isOwn: IsOwn): Diagnosis {
  const winner = result?.silencedBy ?? result?.fired ?? null;
  if (result === null || winner === null)
    return {
      ...none,
      cause: 'no gate of ours takes the event: the rules are of another version, or a decoder is not there',
      next: 'run opencti-wazuh refresh; see opencti-wazuh check, and decoder_exclude in ossec.conf',
    };
  const { id, file, level } = winner;
  const shadow = id;
  const reload = 'and restart the manager';
  if (isOwnXml(file))
    return {
      shadow,
      cause: `rule ${id} of ours (${file}) takes the event, and not that for canaries: the rules are of another version`,
      next: 'run opencti-wazuh refresh',
    };
  if (isOwn(id))
    return {
      shadow,
      cause: `rule ${id}, which is ours, has level ${level} in ${file}, which overwrites it`,
      next: `take that rule out of ${file}, ${reload}`,
    };
  if (result.path.some(isOwn))
    return {
      shadow,
      cause: `rule ${id} (${file}, level ${level}) hangs below a rule of ours and takes its place`,
      next: `take that rule out of ${file} or hang it elsewhere, ${reload}`,
    };
  const what = result.silencedBy ? 'level 0 without noalert' : `level ${level}`;
  return {
    shadow,
    cause: `rule ${id} (${file}, ${what}) takes the event, and no gate of ours does before it`,
    next: 'run opencti-wazuh refresh; where it stays, opencti-wazuh check says which rule can win over ours',
  };
}
