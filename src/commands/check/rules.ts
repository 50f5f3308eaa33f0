import { basename, join } from 'node:path';
import { type Complaint, findComplaints, formatComplaint } from '../../wazuh/engine/ask.ts';
import { type Judgement, quoteRefusal, readJudgement } from '../../wazuh/engine/judge.ts';
import { findLeftOut, isOwnXml } from '../../wazuh/ossec-conf/ruleset-files.ts';
import { gatesFile, retiredXml, rulesFile } from '../../wazuh/ours.ts';
import {
  findShadows,
  findTakenIds,
  formatTakenIds,
  readSiteRules,
  type Shadow,
  type SiteRule,
} from '../../wazuh/site-rules.ts';
import { readRefreshState } from './lists.ts';
import { type CheckLine, fail, ok, orOk, type Site, statOf, warn } from './site.ts';

const rulesFiles = [gatesFile, rulesFile].map((name) => `etc/rules/${name}`);
const refresh = 'run opencti-wazuh refresh';

/**
 * Checks the rules of this manager: the engine's messages about them, and rules that could take an event before ours.
 */
export async function checkRules(site: Site): Promise<readonly CheckLine[]> {
  const { home, conf, config } = site;
  const missing = rulesFiles.filter((path) => statOf(join(home, path)) === null);
  if (missing.length > 0) return [reportMissing(home, missing)];
  const { blocks } = config.rules;
  const rules = readSiteRules(home);
  const taken = findTakenIds(rules, blocks);
  const judgement = await readJudgement(home);
  const findings = [
    ...findLeftOut(home, conf).map(({ path, why, next }) =>
      fail('rules', `the engine does not load ${path}: ${why}`, next),
    ),
    ...(taken.length > 0
      ? [fail('rules', formatTakenIds(taken, rules, blocks), 'set these, then run opencti-wazuh refresh')]
      : []),
    ...reportJudgement(judgement, rules),
  ];
  return [...orOk(findings, 'rules', 'our rules load'), ...checkShadows(rules), ...checkRows(site)];
}

/** Only those faults in files of the site are reported that stop the engine; about the others the site decides. */
function reportJudgement(judgement: Judgement, rules: readonly SiteRule[]): CheckLine[] {
  if (!judgement.isAsked)
    return [
      {
        state: 'not-looked',
        subject: 'rules',
        text: `the engine was not asked whether it takes the rules that lie on the disk: ${judgement.why}`,
        next: 'start the manager, or set <enabled>yes</enabled> in the <rule_test> of ossec.conf and restart it',
      },
    ];
  const { isRefused, errors, warnings } = judgement;
  if (isRefused) {
    const [first = ''] = quoteRefusal(errors, warnings);
    const next = namesOwnFile(first)
      ? `${refresh}, which writes the rules anew`
      : 'correct that file before the next restart';
    return [fail('rules', `the engine refuses the ruleset: ${first.replace(/^ERROR: /, '')}`, next)];
  }
  const complaints = findComplaints(warnings, rules).filter(isOfOurs);
  const lines = complaints.map((complaint) =>
    fail('rules', `the engine leaves out a rule of ours: ${formatComplaint(complaint)}`, nextOf(complaint)),
  );
  const more = lines.length - shownRules;
  if (more <= 1) return lines;
  return [
    ...lines.slice(0, shownRules),
    fail('rules', `the engine leaves out ${more} more rules of ours, which may hang below these`, refresh),
  ];
}

/** When a gate is left out, all its children are, too. */
const shownRules = 3;

const namesOwnFile = (message: string) => message.match(/[\w./-]+\.xml/g)?.some(isOwnXml) ?? false;

/** Ids that two rules have are reported separately. */
const isOfOurs = ({ rule, messages }: Complaint) =>
  rule?.ours === true && !messages.some((message) => message.includes('(7612)'));

function nextOf({ messages }: Complaint): string {
  return messages.some((message) => message.includes('(7616)')) ? 'run opencti-wazuh install' : refresh;
}

/** Reports the fields without a lookup on this manager, by its configuration or since the gates did not fit. */
function checkRows({ home, config }: Site): readonly CheckLine[] {
  const { confirmed } = readRefreshState(home);
  return [
    ...(config.rules.linuxDecoder === 'off'
      ? [ok('rows', 'hashes of Sysmon for Linux are not looked up: rules.linux_decoder is off')]
      : []),
    ...(confirmed?.gatesCut ?? []).map((field) =>
      warn(
        'rows',
        `${field} has no pattern gates, since they did not fit: several hashes in one text there are not matched`,
        'raise gates.max_bytes, or select less (select.min_score)',
      ),
    ),
  ];
}

function reportMissing(home: string, missing: readonly string[]): CheckLine {
  const isEarlier = retiredXml.some((name) => statOf(join(home, 'etc/rules', name)) !== null);
  return isEarlier
    ? fail('rules', 'the rules are those of an earlier version', refresh)
    : fail('rules', `${missing.join(' and ')} ${missing.length > 1 ? 'are' : 'is'} not there`, refresh);
}

function checkShadows(rules: readonly SiteRule[]): readonly CheckLine[] {
  const lines = findShadows(rules).map((shadow) =>
    fail('shadows', formatShadow(shadow), nextOfShadow(shadow)),
  );
  return orOk(lines, 'shadows', 'no rule of this manager can win over ours');
}

const why = {
  before: () => `the engine loads its file before ${gatesFile}, so it is tried before our gates`,
  if_level: (ours) => `by its if_level it hangs below our rule ${ours}`,
  if_group: (ours) => `its if_group is part of a group of our rule ${ours}, so it hangs below it`,
  if_sid: (ours) => `it hangs below our gate ${ours}`,
} as const satisfies Record<Shadow['how'], (ours: number) => string>;

function formatShadow({ rule: { id, level, file }, how, ours }: Shadow): string {
  const effect = level === 0 ? 'ends the event without an alert' : `raises its own alert (level ${level})`;
  return `rule ${id} (${basename(file)}) can take a match from us and ${effect}: ${why[how](ours)}`;
}

function nextOfShadow({ how }: Shadow): string {
  if (how === 'before') return 'give that rule noalert="1", or its file a name that sorts after 0015';
  if (how === 'if_group') return 'name a group of its own there, or its parents by if_sid';
  return 'name the parents of that rule by if_sid';
}
