import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Config } from '../config/schema.ts';
import { readState } from '../refresh/state.ts';
import { openDetectionFolder } from '../wazuh/detection-folder.ts';
import { readRulesetOrUsual } from '../wazuh/effective-ruleset.ts';
import { eventFields } from '../wazuh/fields.ts';
import { findInList } from '../wazuh/list-search.ts';
import { isRestartedSince } from '../wazuh/manager/engine-start.ts';
import { holdManager, holdState } from '../wazuh/manager/held-home.ts';
import { findListProblem } from '../wazuh/manager/read-back-list.ts';
import { openOssecConf } from '../wazuh/ossec-conf/open-ossec-conf.ts';
import { isOwnRuleId } from '../wazuh/own-rule-ids.ts';
import type { ListReader } from '../wazuh/ruleset/list-reader.ts';
import { type LoadedRuleset, loadRuleset } from '../wazuh/ruleset/load-ruleset.ts';
import { type Diagnosis, diagnoseRules, none } from './diagnose-rules.ts';
import type { SelftestEvent } from './selftest-event.ts';

/** Reads the files of a manager when the first event failed, and answers for each. */
export function createDiagnosis({ wazuh, rules }: Config): (event: SelftestEvent) => Diagnosis {
  const { home } = wazuh;
  const { lists } = openOssecConf(home);
  const loaded = loadRules(home);
  const isOwn = (id: number) => isOwnRuleId(id, rules.blocks);
  const pending = findPending(home);
  return (event) => {
    const listed = event.needs === 'list' ? diagnoseList(home, lists, event) : null;
    return listed ?? pending ?? diagnoseRules(loaded, event, isOwn);
  };
}

/** The ruleset as the manager would load it, with what its lists hold. */
function loadRules(home: string): LoadedRuleset {
  const { lookUp } = openDetectionFolder(home);
  const { rules, decoders, lists } = readRulesetOrUsual(home);
  const ours = new Map<string, ListReader>(
    eventFields.map(({ list }) => [`etc/lists/${list}`, { lookUp: (key) => lookUp(list, key) ?? undefined }]),
  );
  const declared = lists ?? [...ours.keys()];
  return loadRuleset({
    rules,
    decoders,
    lists: new Map(declared.map((path) => [path, ours.get(path) ?? null])),
  });
}

/** An engine without hot reload that has not been restarted. */
function findPending(home: string): Diagnosis | null {
  const state = holdState(home);
  try {
    const { restartNeededSince: since } = readState(state);
    if (since === null || isRestartedSince(home, since)) return null;
    const cause = `the engine runs with the lists of before ${since.toISOString()}: it has no hot reload`;
    return { ...none, cause, next: 'restart the manager, or set wazuh.restart: on' };
  } finally {
    state?.close();
  }
}

function diagnoseList(
  home: string,
  declared: readonly string[],
  { field, text }: SelftestEvent,
): Diagnosis | null {
  const path = `etc/lists/${field.list}`;
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
