import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { openDetectionFolder } from '../wazuh/detection-folder.ts';
import { findInList } from '../wazuh/list-search.ts';
import { holdManager } from '../wazuh/manager/held-home.ts';
import { findListProblem } from '../wazuh/manager/read-back-list.ts';
import { readOssecConf } from '../wazuh/ossec-conf/read-ossec-conf.ts';
import { evaluate } from '../wazuh/ruleset/evaluate.ts';
import type { LoadedRuleset } from '../wazuh/ruleset/load-ruleset.ts';
import { toEventOfMessage } from '../wazuh/ruleset/message-event.ts';
import { formatProblem } from '../wazuh/ruleset/problem.ts';
import type { SelftestEvent } from './selftest-event.ts';

/** Why an event did not come back from its rule, as far as the files tell, and what to do. */
export interface Diagnosis {
  /** A rule that takes the event away. */
  readonly shadow: number | null;
  readonly cause: string;
  readonly next: string;
}

/** Reads the files of a manager when the first event failed, and answers for each. */
export async function createDiagnosis(home: string): Promise<(event: SelftestEvent) => Diagnosis> {
  const { lists } = readOssecConf(readFileSync(join(home, 'etc/ossec.conf'), 'latin1'));
  const detections = openDetectionFolder(home);
  const loaded = await detections.loadRules();
  return (event) => {
    const listed = event.needs === 'list' ? diagnoseList(home, lists, event) : null;
    return listed ?? diagnoseRules(loaded, event);
  };
}

function diagnoseList(
  home: string,
  declared: readonly string[],
  { field, text }: SelftestEvent,
): Diagnosis | null {
  const path = `etc/lists/${field.list}`;
  const none = { shadow: null };
  if (!declared.includes(path))
    return {
      ...none,
      cause: `ossec.conf does not declare <list>${path}</list>, and the engine drops the rule that reads it`,
      next: 'run opencti-wazuh install, and restart the manager',
    };
  if (findKey(join(home, path), text) === null)
    return {
      ...none,
      cause: `${path} has no canary: the lists are not those that a refresh writes`,
      next: 'run opencti-wazuh refresh',
    };
  const problem = findCompileProblem(home, field.list);
  if (problem === null) return null;
  return { ...none, cause: problem, next: `run touch ${join(home, path)} and restart the manager` };
}

function findKey(list: string, key: string): string | null {
  try {
    return findInList(list, key);
  } catch {
    return null;
  }
}

function findCompileProblem(home: string, list: string): string | null {
  const manager = holdManager(home);
  try {
    const lines = readFileSync(join(home, 'etc/lists', list), 'utf8')
      .split('\n')
      .slice(0, -1);
    return findListProblem(manager.own.lists, list, lines);
  } finally {
    manager.close();
  }
}

function diagnoseRules({ ruleset, problems }: LoadedRuleset, event: SelftestEvent): Diagnosis {
  const decoded = toEventOfMessage(ruleset, event.message);
  const result = decoded && evaluate(ruleset, decoded);
  const winner = result?.silencedBy ?? result?.fired ?? null;
  if (winner?.id === event.ruleId)
    return {
      shadow: null,
      cause: 'by the files it would fire: the engine does not run, or has not loaded them',
      next: 'see bin/wazuh-control status and logs/ossec.log, then restart the manager',
    };
  const ours = problems.find(({ file }) => file.startsWith('zz-opencti-'));
  if (ours)
    return {
      shadow: null,
      cause: `the engine drops a rule: ${formatProblem(ours)}`,
      next: 'run opencti-wazuh refresh, which writes the rules anew; see rules.parents where a group of this site is missing',
    };
  if (winner && result?.silencedBy)
    return {
      shadow: winner.id,
      cause: `rule ${winner.id} (${winner.file}, level 0 without noalert) ends the event before the gate is asked`,
      next: `name it in rules.parents.${event.field.key}.ids and run opencti-wazuh refresh, or give it noalert="1"`,
    };
  if (winner)
    return {
      shadow: winner.id,
      cause: `rule ${winner.id} (${winner.file}, level ${winner.level}) takes the event before the gate, or no gate has the value`,
      next: `run opencti-wazuh refresh; where it stays, name the rule in rules.parents.${event.field.key}.ids`,
    };
  return {
    shadow: null,
    cause: 'no rule takes the event: its stock base rule or decoder is not there',
    next: 'see opencti-wazuh check, and rule_exclude and decoder_exclude in ossec.conf',
  };
}
