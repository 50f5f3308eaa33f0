import { readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import type { Config } from '../../config/schema.ts';
import { KnownError } from '../../errors.ts';
import type { Environment } from '../../shell.ts';
import { listCanaries, toFieldCanaries } from '../../wazuh/canaries.ts';
import { findComplaints, formatComplaint } from '../../wazuh/engine/ask.ts';
import { findListProblem } from '../../wazuh/engine/cdb.ts';
import {
  type Judgement,
  quoteRefusal,
  readJudgement,
  readLoadedDecoders,
  tryLogs,
} from '../../wazuh/engine/judge.ts';
import { isRestartedSince } from '../../wazuh/engine/programs.ts';
import { toRoot } from '../../wazuh/fields.ts';
import { holdManager, holdState } from '../../wazuh/home.ts';
import { findInList } from '../../wazuh/list.ts';
import { type OssecConf, openOssecConf, readAlertOutput, toConfPath } from '../../wazuh/ossec-conf/read.ts';
import { findLeftOut, isOwnXml } from '../../wazuh/ossec-conf/ruleset-files.ts';
import { decoderFile } from '../../wazuh/ours.ts';
import { readMarker } from '../../wazuh/own-set.ts';
import { type IdBlocks, isOwnRuleId, moveRuleId } from '../../wazuh/rule-ids.ts';
import { findShadows, isBelow, readSiteRules, type SiteRule, templates } from '../../wazuh/site-rules.ts';
import { checkNode } from '../check/access.ts';
import { checkBlock, checkIntegratord, checkScript } from '../check/integration.ts';
import { openSite } from '../check/site.ts';
import { readState } from '../refresh/state.ts';
import type { SelftestEvent } from './events.ts';

/** Why an event did not come back from its rule, as far as the engine and the files show, and what to do. */
export interface Diagnosis {
  /** The rule that takes the event. */
  readonly shadow: number | null;
  readonly cause: string;
  readonly next: string;
}

/** Returns why an event did not come back. @param alertedBy the rule that raised an alert for it; null: none did. */
export type Diagnose = (event: SelftestEvent, alertedBy: number | null) => Diagnosis;

/**
 * Reads the manager once, when events did not come back, and returns a function that explains each of them: by what its
 * lists lack, the engine's judgement of the set on the disk, whether it runs that set, and which rule takes the event.
 */
export async function createDiagnosis(
  { wazuh, rules: { blocks } }: Config,
  events: readonly SelftestEvent[],
): Promise<Diagnose> {
  const { home } = wazuh;
  const conf = openOssecConf(home);
  const rules = readSiteRules(home);
  const judgement = await readJudgement(home);
  const ofAll =
    findPending(home) ??
    findLeftOutFile(home, conf) ??
    findFault(judgement, rules, blocks) ??
    (await findOtherSet(home));
  const tried = ofAll === null ? await tryEvents(home, events) : new Map<SelftestEvent, number | null>();
  return (event, alertedBy) =>
    findListFault(home, conf.lists, event) ?? ofAll ?? findWinner(event, alertedBy) ?? toUnknown(judgement);

  function findWinner(event: SelftestEvent, alertedBy: number | null): Diagnosis | null {
    if (alertedBy !== null) return describeWinner(alertedBy, rules, blocks);
    const id = tried.get(event) ?? null;
    if (id === event.ruleId) return notLoaded;
    if (id !== null) return describeWinner(id, rules, blocks);
    return findOverwritten(event, rules, blocks) ?? findSuspect(event, rules);
  }
}

const none = { shadow: null } as const;

/** Returns a fault of the list of an event that prevents a match. */
function findListFault(home: string, declared: readonly string[], event: SelftestEvent): Diagnosis | null {
  const { needs, field } = event;
  if (needs !== 'list') return null;
  if (field.list === null) return null;
  const path = `etc/lists/${field.list}`;
  if (!declared.includes(path))
    return {
      ...none,
      cause: `ossec.conf does not declare <list>${path}</list>, and the engine drops the rule that reads it`,
      next: 'run opencti-wazuh install, and restart the manager',
    };
  if (findKey(join(home, path), toKey(event)) === null)
    return {
      ...none,
      cause: `${path} has no canary: the lists are not those that a refresh writes`,
      next: 'run opencti-wazuh refresh',
    };
  const problem = findCompileProblem(home, field.list);
  if (problem === null) return null;
  return { ...none, cause: problem, next: `run touch ${join(home, path)} and restart the manager` };
}

/**
 * Returns the key of an event: Sysmon for Linux writes labels and several hashes, of which our decoder takes the one of
 * the field.
 */
function toKey({ field: { spelling, kinds }, text }: SelftestEvent): string {
  const [kind] = kinds;
  return spelling === 'bare-lower' && kind !== undefined ? listCanaries[kind] : text;
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

/** Returns whether an engine without hot reload has not been restarted. */
function findPending(home: string): Diagnosis | null {
  const state = holdState(home);
  try {
    const { restartNeededSince: since } = readState(state);
    if (since === null || isRestartedSince(home, since)) return null;
    const cause = `the engine runs with the lists from before ${since.toISOString()}: it has no hot reload`;
    return { ...none, cause, next: 'restart the manager, or set wazuh.restart: on' };
  } finally {
    state?.close();
  }
}

/** Returns a file of ours that the engine does not load; the engine itself reports no fault for it. */
function findLeftOutFile(home: string, conf: OssecConf): Diagnosis | null {
  const [left] = findLeftOut(home, conf);
  if (left === undefined) return null;
  return { ...none, cause: `the engine does not load ${left.path}: ${left.why}`, next: left.next };
}

/** Returns a rule of ours that the engine leaves out, or a reason for which it refuses all rules. */
function findFault(judgement: Judgement, rules: readonly SiteRule[], blocks: IdBlocks): Diagnosis | null {
  if (!judgement.isAsked) return null;
  const { isRefused, errors, warnings } = judgement;
  if (isRefused) {
    const [first = ''] = quoteRefusal(errors, warnings);
    const isOurs = first.match(/[\w./-]+\.xml/g)?.some(isOwnXml) ?? false;
    const next = isOurs ? writeAnew : 'correct what it names, and restart the manager';
    return { ...none, cause: `the engine refuses the ruleset: ${first.replace(/^ERROR: /, '')}`, next };
  }
  const dropped = findComplaints(warnings, rules).find(
    ({ id, rule }) => isOwnRuleId(id, blocks) && rule?.ours === true,
  );
  if (dropped === undefined) return null;
  return { ...none, cause: `the engine drops a rule: ${formatComplaint(dropped)}`, next: writeAnew };
}

const writeAnew = 'run opencti-wazuh refresh, which writes the rules anew';

/**
 * Returns whether the engine runs another set: the decoder file names its set, and the engine lists the decoders that
 * it has loaded.
 */
async function findOtherSet(home: string): Promise<Diagnosis | null> {
  const marker = readMarker(readText(join(home, 'etc/decoders', decoderFile)));
  const loaded = marker === null ? null : await readLoadedDecoders(home);
  if (marker === null || loaded === null || loaded.has(marker)) return null;
  const cause = `the engine runs another set than the one on the disk: it has not loaded its decoder ${marker}`;
  return { ...none, cause, next: loadAnew };
}

const loadAnew = 'see bin/wazuh-control status and logs/ossec.log, then run opencti-wazuh refresh --force';

function readText(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}

const notLoaded: Diagnosis = {
  ...none,
  cause:
    'tried against the files on the disk it fires: the engine has not loaded them, or needs longer than --timeout',
  next: loadAnew,
};

/**
 * Returns the last rule for each line of a log in a logtest session, which takes no events of the event channel or of
 * syscheck.
 */
async function tryEvents(
  home: string,
  events: readonly SelftestEvent[],
): Promise<Map<SelftestEvent, number | null>> {
  const lines = events.filter(isLogLine);
  if (lines.length === 0) return new Map();
  const logs = lines.map(({ message }) => {
    const [, location = '', line = ''] = /^1:(.*?):(.*)$/s.exec(message) ?? [];
    return { location, line };
  });
  const outcomes = await tryLogs(home, logs);
  return new Map(lines.map((event, at) => [event, outcomes?.[at]?.rule?.id ?? null]));
}

/** By its frame in the queue. */
const isLogLine = ({ message }: SelftestEvent) => message.startsWith('1:');

/** What to say of the rule that took an event. */
function describeWinner(id: number, rules: readonly SiteRule[], blocks: IdBlocks): Diagnosis {
  // A rule that overwrites another one is after it.
  const winner = rules.findLast((rule) => rule.id === id && (rule.overwrite || isFirst(rule, rules)));
  if (winner === undefined)
    return {
      shadow: id,
      cause: `rule ${id} takes the event, and no file of this manager has it`,
      next: loadAnew,
    };
  const { level } = winner;
  const file = basename(winner.file);
  const reload = 'and restart the manager';
  const isOwn = (ruleId: number) => isOwnRuleId(ruleId, blocks);
  if (winner.ours)
    return {
      shadow: id,
      cause: `rule ${id} of ours (${file}) takes the event, and not that for canaries: the rules are of another version`,
      next: 'run opencti-wazuh refresh',
    };
  if (isOwn(id)) return toOverwritten(winner);
  if (winner.parents.sids.some(isOwn))
    return {
      shadow: id,
      cause: `rule ${id} (${file}, level ${level}) hangs below a rule of ours and takes its place`,
      next: `take that rule out of ${file} or hang it elsewhere, ${reload}`,
    };
  const what = level === 0 ? 'level 0 without noalert' : `level ${level}`;
  return {
    shadow: id,
    cause: `rule ${id} (${file}, ${what}) takes the event, and no gate of ours does before it`,
    next: seeCheck,
  };
}

const seeCheck =
  'run opencti-wazuh refresh; where it stays, opencti-wazuh check says which rule can win over ours';

const isFirst = (rule: SiteRule, rules: readonly SiteRule[]) =>
  rules.find(({ id }) => id === rule.id) === rule;

/** Returns a rule on the path of an event that a file of the site overwrites. */
function findOverwritten(
  event: SelftestEvent,
  rules: readonly SiteRule[],
  blocks: IdBlocks,
): Diagnosis | null {
  const { list, patterns, ruleId } = toFieldCanaries(event.field, blocks);
  const gates = [event.field.ids.listGate, ...event.field.roots.map((key) => toRoot(key).id)];
  const way = [ruleId, list?.id, patterns?.id, ...gates.map((id) => moveRuleId(id, blocks))];
  const found = rules.find((rule) => rule.overwrite && !rule.ours && way.includes(rule.id));
  return found === undefined ? null : toOverwritten(found);
}

function toOverwritten({ id, level, file }: SiteRule): Diagnosis {
  const name = basename(file);
  return {
    shadow: id,
    cause: `rule ${id}, which is ours, has level ${level} in ${name}, which overwrites it`,
    next: `take that rule out of ${name}, and restart the manager`,
  };
}

/** Nothing was alerted, and the event cannot be tried: a rule that is in the way by what it says of itself. */
function findSuspect(event: SelftestEvent, rules: readonly SiteRule[]): Diagnosis | null {
  const template = isLogLine(event) ? templates.syslog : templates.ossec;
  const found = findShadows(rules).find(({ rule, how }) => how !== 'before' || isBelow(rule, template));
  if (found === undefined) return null;
  const { id, file, level } = found.rule;
  const what = level === 0 ? 'level 0 without noalert' : `level ${level}`;
  return {
    shadow: id,
    cause: `rule ${id} (${basename(file)}, ${what}) can take the event before ours, and nothing raised an alert for it`,
    next: seeCheck,
  };
}

function toUnknown(judgement: Judgement): Diagnosis {
  const notAsked = judgement.isAsked ? '' : ` (the engine was not asked: ${judgement.why})`;
  return {
    ...none,
    cause: `no gate of ours takes the event: the rules are of another version, or a decoder is not there${notAsked}`,
    next: 'run opencti-wazuh refresh; see opencti-wazuh check, and decoder_exclude in ossec.conf',
  };
}

/** Returns why integratord does not run the integration for a match, as far as the files and processes show. */
export function diagnoseIntegration(
  config: Config,
  environment: Environment,
): { readonly cause: string; readonly next: string } {
  const site = openSite(config, '/etc', environment);
  const lines = [checkBlock, checkScript, checkIntegratord, checkNode].flatMap((check) => check(site));
  const found =
    lines.find(({ state }) => state === 'problem') ??
    lines.find(({ state, subject }) => state === 'warning' && subject === 'integratord');
  if (found?.next) return { cause: `${found.subject}: ${found.text}`, next: found.next };
  return {
    cause:
      'integratord has not run it, or it could not send: it starts new integrations after a restart only',
    next: 'restart the manager; then see logs/opencti-wazuh.log and "integratord" in logs/ossec.log',
  };
}

/** The level of the rules that take the canaries. */
const canaryLevel = 3;

/**
 * Checks the options of the manager that keep every alert of the selftest out of `alerts.json`: without this check each
 * row would seem silent, and the fault would seem to be in the engine.
 * @throws KnownError (exit code 2)
 */
export function checkOutput(home: string): void {
  const conf = openOssecConf(home);
  const { isJson, leastLevel } = readAlertOutput(conf);
  const fail = (problem: string, next: string) => {
    throw new KnownError(`${toConfPath(home)}${problem}: nothing was sent; ${next}`, { exitCode: 2 });
  };
  const { fault } = conf;
  if (fault) fail(`:${fault.line}: the engine cannot read it: ${fault.message}`, 'correct it');
  if (!isJson)
    fail(
      ' has jsonout_output no, and the selftest reads alerts.json',
      'set <jsonout_output>yes</jsonout_output> and restart the manager',
    );
  if (leastLevel > canaryLevel)
    fail(
      ` has log_alert_level ${leastLevel}, and the alerts of canaries have level ${canaryLevel}: none would be written`,
      `lower it to ${canaryLevel} for as long as the selftest takes, and restart the manager`,
    );
}
