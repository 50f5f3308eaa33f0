import { join } from 'node:path';
import { readEntry } from '../../files/transaction.ts';
import { toHashKind } from '../../opencti/hashes.ts';
import { toOwnLists } from '../../sync/plan-options.ts';
import { formatUnits, toPage } from '../../text.ts';
import type { HashKind } from '../../values/kinds.ts';
import { isCanaryLine } from '../../wazuh/canaries.ts';
import { findListProblem } from '../../wazuh/engine/cdb.ts';
import { findDeletedLists, isRestartedSince } from '../../wazuh/engine/programs.ts';
import { holdManager, holdState } from '../../wazuh/home.ts';
import { type EventLog, eventLogs, readLastEvents } from '../../wazuh/log-end.ts';
import {
  findManagerProblem,
  findUndeclared,
  toDeclareStep,
  toNode,
} from '../../wazuh/ossec-conf/check-manager.ts';
import { findOurParts, integrationName, staleAlias } from '../../wazuh/ossec-conf/edit.ts';
import { readEffectiveRuleset } from '../../wazuh/ossec-conf/ruleset-files.ts';
import { toJournalPath } from '../install/journal.ts';
import { firstStep, judgeFreshness, type RefreshState, readState } from '../refresh/state.ts';
import {
  type CheckLine,
  fail,
  findBarrier,
  isWorker,
  ok,
  orOk,
  readText,
  type Site,
  statOf,
  warn,
} from './site.ts';

/** Checks that each list is declared, in the one block that counts. */
export function checkDeclared(site: Site): readonly CheckLine[] {
  const { conf, home } = site;
  const { faults } = readEffectiveRuleset(home, conf);
  const lines: CheckLine[] = [
    isWorker(site) && conf.fault === null ? checkWorker(site) : checkNode(site),
    ...faults.map((fault) =>
      fail('ossec.conf', `the engine refuses it: ${fault}`, 'correct it before the next restart'),
    ),
  ];
  const at = conf.rulesets.map(conf.lineOf).join(', ');
  if (conf.rulesets.length > 1)
    lines.push(
      warn(
        'ossec.conf',
        `it has ${conf.rulesets.length} <ruleset> blocks (lines ${at}): the lists and rules of the last one alone count`,
        'move all into one block',
      ),
    );
  return lines;
}

function checkNode(site: Site): CheckLine {
  const { home, conf } = site;
  const node = toNode(conf);
  const role = node === 'single' ? 'no cluster' : `${node} of a cluster`;
  const found = findManagerProblem(home, conf);
  const undeclared = findUndeclared(conf, toOwnLists(site.config));
  if (found === null && undeclared.length === 0) return ok('ossec.conf', `each list is declared (${role})`);
  const lost = findLost(site);
  if (conf.fault === null && lost.length > 1)
    return fail(
      'ossec.conf',
      `it has lost what install wrote: ${lost.join(', ')}; does something else write this file?`,
      `run opencti-wazuh install --restart, and make the program that writes the file keep these parts: ${toPage('install.md')}`,
    );
  if (found !== null) return fail('ossec.conf', `ossec.conf${found.problem}`, found.next);
  return fail('ossec.conf', `ossec.conf does not declare ${undeclared.join(', ')}`, toDeclareStep());
}

/** Kinds of what an installation puts there; a file that was put back lacks all of them. */
function findLost({ conf, machine, config }: Site): string[] {
  if (readEntry(machine, toJournalPath(machine)).kind === 'absent') return [];
  const there = findOurParts(conf);
  const lists = findUndeclared(conf, toOwnLists(config)).length;
  return [
    ...(lists > 0 ? [formatUnits(lists, '<list> line')] : []),
    ...(there.includes(integrationName) ? [] : ['the <integration>']),
    ...(there.includes(staleAlias) ? [] : ['the <localfile>']),
  ];
}

const declare = 'run opencti-wazuh install, then restart the manager';

function checkWorker({ conf, config }: Site): CheckLine {
  const missing = findUndeclared(conf, toOwnLists(config)).map((list) => `etc/lists/${list}`);
  if (missing.length > 0)
    return fail('ossec.conf', `${missing.join(', ')}: not declared on this worker`, declare);
  return ok('ossec.conf', 'each list is declared (worker of a cluster: its lists come from the master)');
}

/** Checks that the lists exist, are compiled, and are as the last refresh wrote them. */
export function checkLists(site: Site): readonly CheckLine[] {
  const { home } = site;
  const { confirmed } = readRefreshState(home);
  const manager = holdManager(home);
  try {
    const lists = toOwnLists(site.config);
    const findings = lists.flatMap((list) => {
      const path = join(home, 'etc/lists', list);
      if (statOf(path) === null)
        return [fail('lists', `etc/lists/${list} is not there`, 'run opencti-wazuh refresh')];
      const closed = checkReadable(site, path);
      if (closed !== null) return [closed];
      const text = readText(path) ?? '';
      const lines = text.split('\n').slice(0, -1);
      const problem = findListProblem(manager.own.lists, list, lines);
      return [
        ...(problem === null ? [] : [fail('lists', problem, compileAnew)]),
        ...checkCount(list, lines, confirmed?.lists[list] ?? null),
      ];
    });
    const values = confirmed ? formatUnits(confirmed.values, 'value') : 'no refresh yet';
    return orOk(findings, 'lists', `${lists.length} lists, each compiled as it is written (${values})`);
  } finally {
    manager.close();
  }
}

/** A refresh writes a list again if the engine has not compiled it. */
const compileAnew = 'run opencti-wazuh refresh, which has the engine compile it anew';

/**
 * Checks that the engine can read a list: it reads and compiles as its own user, and starts without a list that it
 * cannot read.
 */
function checkReadable({ wazuh, machine }: Site, path: string): CheckLine | null {
  const barrier = findBarrier(path, wazuh, 'read');
  const stats = statOf(path);
  if (barrier === null || stats === null) return null;
  const { user, group } = machine;
  return fail(
    'lists',
    `${path} cannot be read by the engine, which runs as ${user} (${wazuh.uid}): ${barrier}, its owner ${stats.uid}:${stats.gid}`,
    `chown ${user}:${group} ${path}; chmod 660 ${path}; then run opencti-wazuh refresh`,
  );
}

function checkCount(list: string, lines: readonly string[], planned: number | null): CheckLine[] {
  const entries = lines.filter((line) => !isCanaryLine(line)).length;
  if (planned === null || planned === entries) return [];
  const text = `etc/lists/${list} has ${entries} entries, and the last refresh wrote ${planned}`;
  return [fail('lists', text, 'run opencti-wazuh refresh; does another program write this file?')];
}

export function checkFreshness(site: Site): readonly CheckLine[] {
  const { home, config, now } = site;
  if (isWorker(site)) return [ok('freshness', 'the master refreshes'), ...checkLeak(home)];
  const state = readRefreshState(home);
  const { state: age, reason } = judgeFreshness(state, config.guards.maxAge, now);
  const failure = state.runs[0]?.outcome === 'failed' ? state.runs[0].reason : null;
  const next = 'run opencti-wazuh refresh, and look whether cron or the timer runs it';
  if (age === 'stale') return [fail('freshness', reason, next)];
  if (age === 'waiting' && failure === null) return [warn('freshness', 'not refreshed yet', firstStep)];
  if (failure !== null) return [warn('freshness', `${reason}: ${failure}`, next)];
  return [ok('freshness', reason), ...checkRestart(home, state), ...checkLeak(home)];
}

/** Checks whether an engine before 4.13 still needs a restart for a new set. */
function checkRestart(home: string, { restartNeededSince }: RefreshState): CheckLine[] {
  if (restartNeededSince === null || isRestartedSince(home, restartNeededSince)) return [];
  const text = `the engine runs with the lists from before ${restartNeededSince.toISOString()}: it has no hot reload`;
  return [warn('freshness', text, 'restart the manager, or set wazuh.restart: on')];
}

/** Checks the databases of replaced lists, which stay open in the engine after each reload. */
const muchLeaked = 2 ** 30;

function checkLeak(home: string): CheckLine[] {
  const leaked = findDeletedLists(home);
  if (leaked === null || leaked.bytes < muchLeaked) return [];
  const size = `${Math.round(leaked.bytes / 2 ** 20)} MiB`;
  const text = `the engine still holds ${leaked.copies} databases of lists that were replaced, ${size}`;
  return [warn('memory', text, 'restart the manager at a quiet hour; raise guards.min_reload_interval')];
}

export function readRefreshState(home: string): RefreshState {
  const folder = holdState(home);
  try {
    return readState(folder);
  } finally {
    folder?.close();
  }
}

const subject = 'hashes';

/**
 * Checks how Sysmon writes hashes at this site: `HashAlgorithms` of its configuration decides which gates are needed.
 */
export function checkHashes({ home, config }: Site): readonly CheckLine[] {
  const logs = Object.keys(eventLogs) as EventLog[];
  const texts = logs.flatMap((log) => readHashes(home, log));
  if (texts.length === 0)
    return [ok(subject, 'no recent event of Sysmon has hashes: which gates are needed is not known')];
  const composite = texts.filter((text) => text.includes(',')).length;
  const kinds = new Set(texts.flatMap(toKinds));
  const named = [...kinds].join(', ') || 'no known algorithm';
  const how = `${texts.length} recent events have ${named}, ${composite} of them several in one string`;
  const { hashes, algorithms } = config.gates;
  if (composite > 0 && !hashes)
    return [
      fail(
        subject,
        `${how}; a list alone never matches those, and gates.hashes is off`,
        'set gates.hashes: on',
      ),
    ];
  const missing = [...kinds].filter((kind) => !algorithms.includes(kind));
  if (composite > 0 && missing.length === kinds.size)
    return [
      fail(
        subject,
        `${how}; gates.algorithms has none of them`,
        `set gates.algorithms: [${[...kinds].join(', ')}]`,
      ),
    ];
  if (kinds.size === 0) return [warn(subject, how, 'have Sysmon write SHA256: OpenCTI knows no IMPHASH')];
  const spare = algorithms.filter((kind) => !kinds.has(kind));
  const hint =
    spare.length > 0 && composite > 0
      ? `; gates for ${spare.join(', ')} could be left out (gates.algorithms)`
      : '';
  return [ok(subject, `${how}${hint}`)];
}

function toKinds(text: string): HashKind[] {
  return text.split(',').flatMap((part) => toHashKind(part.split('=')[0] ?? '') ?? []);
}

function readHashes(home: string, log: EventLog): string[] {
  return [...readLastEvents(home, log)].flatMap((line) =>
    [...line.matchAll(/"hash(?:es)?":"((?:\w+=[0-9A-F]+,?)+)"/gi)].map(([, text]) => text ?? ''),
  );
}
