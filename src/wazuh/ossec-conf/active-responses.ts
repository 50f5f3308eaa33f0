import { compileOsRegex } from '../os-pattern.ts';
import type { XmlElement } from '../xml.ts';
import { lastText, type OssecConf } from './read.ts';

/**
 * An `<active-response>` that is switched on, as analysisd reads it (`config/active-response.c`, Wazuh 4.14.7): of an
 * option that comes twice the last one counts, and no blank is taken away.
 */
export interface ActiveResponse {
  /** The name of a `<command>` block. */
  readonly command: string;
  /**
   * The file of that command, below `active-response/bin`. Those of Wazuh that block an address take
   * `win.eventdata.ipAddress` of the alert, else `win.eventdata.destinationIp`, else `srcip` (`get_srcip_from_json`, 4.14.7;
   * 4.2.0 knows `srcip` alone), so that of an outbound connection `srcip` is the host of the site itself.
   */
  readonly executable: string;
  /** The least level of a rule that starts it; null: the level does not matter. */
  readonly level: number | null;
  /** A pattern of OSRegex, which looks at the groups of a rule as one text. */
  readonly rulesGroup: string | null;
  readonly ruleIds: readonly number[];
  /** As written: `local`, `server`, `defined-agent`, `all` or several of them. */
  readonly location: string;
  /** Of its block in `ossec.conf`. */
  readonly line: number;
}

export interface ActiveResponses {
  readonly responses: readonly ActiveResponse[];
  /**
   * The program that runs responses on the manager itself (wazuh-execd) is switched off: the first `<disabled>` of all
   * `<active-response>` blocks is `yes`, whichever block that is (`os_execd/config.c`). Analysisd still sends responses to
   * the agents, whose own configuration decides whether they run.
   */
  readonly isExecdOff: boolean;
}

/**
 * The responses that an alert of this manager can start. A block that the engine refuses is left out, since the manager does
 * not start with it.
 *
 * Wazuh 4.14.7 forgets with each disabled block that a block before it needs the queues of the responses, so that those
 * may not be sent. This is a defect of it and not counted on: such a response is read as switched on.
 */
export function readActiveResponses(conf: Pick<OssecConf, 'roots' | 'lineOf'>): ActiveResponses {
  const sections = conf.roots.flatMap(({ children }) => children);
  const named = (wanted: string) => sections.filter(({ name }) => name === wanted);
  const executables = toExecutables(named('command'));
  const blocks = named('active-response');
  const [disabled] = blocks.flatMap(({ children }) => children.filter(({ name }) => name === 'disabled'));
  return {
    responses: blocks.flatMap((block) => toResponse(block, executables, conf.lineOf(block)) ?? []),
    isExecdOff: disabled?.text === 'yes',
  };
}

/**
 * The responses that an alert of a rule starts, by `Rule_AddAR` of `analysisd/rules.c` (4.2.0 and 4.14.7 are the same): a
 * level and a group have to be met both, where both are given; an id starts it on its own; one with no condition is never
 * started. A rule of level 0 starts none. A rule with `<options>no_ar</options>` does not either, whatever is written in
 * `ossec.conf`: that is not asked here. Nor are the addresses of `<white_list>`, for which the engine sends nothing.
 * @param rule with all of its groups, those of the `<group>` around it first.
 */
export function findStartedResponses(
  rule: { readonly id: number; readonly level: number; readonly groups: readonly string[] },
  responses: readonly ActiveResponse[],
): ActiveResponse[] {
  if (rule.level === 0) return [];
  return responses.filter(({ level, rulesGroup, ruleIds }) => {
    if (ruleIds.includes(rule.id)) return true;
    const isLevel = level !== null && rule.level >= level;
    const isGroup = rulesGroup !== null && matchesRuleGroups(rulesGroup, rule.groups);
    return level !== null && rulesGroup !== null ? isLevel && isGroup : isLevel || isGroup;
  });
}

/**
 * The engine looks at the text as the rules file has it. Whether that ends with a comma is not known here, so both forms
 * count. A pattern that does not compile matches nothing.
 */
function matchesRuleGroups(pattern: string, groups: readonly string[]): boolean {
  const text = groups.join(',');
  try {
    const match = compileOsRegex(pattern);
    return match(text) !== null || match(`${text},`) !== null;
  } catch {
    return false;
  }
}

/** Of two commands with one name the first counts. */
function toExecutables(commands: readonly XmlElement[]): ReadonlyMap<string, string> {
  const executables = new Map<string, string>();
  for (const { children } of commands) {
    const name = lastText(children, 'name');
    const executable = lastText(children, 'executable');
    if (name !== null && executable !== null && !executables.has(name)) executables.set(name, executable);
  }
  return executables;
}

/** In any case and anywhere in the text, as the engine looks for them. */
const places = /AS|analysisd|analysis-server|server|local|defined-agent|all|any/i;

function toResponse(
  { children }: XmlElement,
  executables: ReadonlyMap<string, string>,
  line: number,
): ActiveResponse | null {
  // One is enough, also with a "no" after it.
  if (children.some(({ name, text }) => name === 'disabled' && text === 'yes')) return null;
  const option = (name: string) => lastText(children, name);
  const [command, location] = [option('command') ?? '', option('location') ?? ''];
  const executable = executables.get(command);
  if (executable === undefined || !places.test(location) || isForManager(location, option('agent_id')))
    return null;
  return {
    command,
    executable,
    level: toLevel(option('level')),
    rulesGroup: option('rules_group'),
    ruleIds: toRuleIds(option('rules_id') ?? ''),
    location,
    line,
  };
}

/** The engine leaves out what is defined for the agent 0, which is the manager, with a warning. */
function isForManager(location: string, agentId: string | null): boolean {
  return /defined-agent/i.test(location) && toLeadingNumber(agentId ?? '') === 0;
}

/** 0 is as no level. */
function toLevel(text: string | null): number | null {
  const level = toLeadingNumber(text ?? '');
  return level === 0 ? null : level;
}

/** What is between a number and the next comma is passed over; a word that is no number ends the reading. */
function toRuleIds(text: string): number[] {
  const ids: number[] = [];
  for (const part of text.split(',')) {
    const word = part.replace(/^ +/, '');
    if (/^\d/.test(word)) ids.push(toLeadingNumber(word));
    else if (word !== '') break;
  }
  return ids;
}

/** As C's `atoi`; 0: there is none. */
function toLeadingNumber(text: string): number {
  return Number(/^\s*(\d+)/.exec(text)?.[1] ?? 0);
}
