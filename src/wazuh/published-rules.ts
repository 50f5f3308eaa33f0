import { readdirSync, readFileSync } from 'node:fs';
import { BlockList, isIP } from 'node:net';
import { join } from 'node:path';
import { codeOf } from '../errors.ts';
import { type EventField, type FieldEvent, gateGroup, staticFields } from './fields.ts';
import { gatesFile, isGatesPart, rulesFile } from './ours.ts';
import { formatElement, toElements } from './rules.ts';

/** The answers of the rule files of an export or of a manager about an event. */
export interface PublishedRules {
  /** Returns whether a gate reads the list of a field. */
  readsList(field: Pick<EventField, 'list'>): boolean;
  /** Returns the id of the pattern gate that matches a text of a field; null: none matches. */
  findGate(field: EventField, text: string): number | null;
  /**
   * The alert rule that the engine tries first below the gates of a field, of those of these events: the one with the
   * highest level, and of several the first one in the file. Null: the files have none.
   */
  findAlertRule(field: EventField, events: readonly FieldEvent[]): AlertRuleText | null;
}

export interface AlertRuleText {
  readonly id: number;
  readonly level: number;
  /** The text with the fields of the event as `$(name)`. */
  readonly description: string;
}

/** A rule of ours; only what our templates write is understood. */
interface WrittenRule {
  readonly id: number;
  readonly level: number;
  readonly text: string;
}

interface WrittenGate {
  readonly id: number;
  readonly parents: readonly string[];
  /** Null: it has no pattern. */
  readonly field: string | null;
  readonly test: ((text: string) => boolean) | null;
  readonly list: string | null;
  readonly group: string | null;
}

/** Reads the rule files of a folder. Files that do not exist have no rules. @param folder with the rules. */
export function readPublishedRules(folder: string): PublishedRules {
  const alerts = readRules(join(folder, rulesFile));
  const gates = findGateFiles(folder).flatMap((file) => readRules(file).map(toGate));
  const below = new Map<string, WrittenGate[]>();
  for (const gate of gates) {
    for (const parent of gate.parents) {
      const siblings = below.get(parent);
      if (siblings) siblings.push(gate);
      else below.set(parent, [gate]);
    }
  }
  return {
    readsList: ({ list }) => gates.some((gate) => gate.list === `etc/lists/${list}`),
    findGate(field, text) {
      const asking = gates.filter((gate) => gate.field === field.ruleField);
      const ids = new Set(asking.map(({ id }) => String(id)));
      const tops = asking.filter(({ parents }) => !parents.some((parent) => ids.has(parent)));
      return findLeaf(tops, below, gateGroup(field), text);
    },
    findAlertRule(field, events) {
      const conditions = new Set(events.map(({ when }) => toElements(when).map(formatElement).join('\n')));
      const group = gateGroup(field);
      const isOf = ({ text }: WrittenRule) =>
        elementOf(text, 'if_group')?.split('|').includes(group) === true &&
        conditions.has(conditionsOf(text));
      const [rule] = alerts.filter(isOf).sort((a, b) => b.level - a.level);
      return rule
        ? { id: rule.id, level: rule.level, description: elementOf(rule.text, 'description') ?? '' }
        : null;
    },
  };
}

/**
 * Returns the id of the first leaf that matches; the next sibling is tried when nothing below a gate matches, as the
 * engine does with `noalert`.
 */
function findLeaf(
  gates: readonly WrittenGate[],
  below: ReadonlyMap<string, readonly WrittenGate[]>,
  group: string,
  text: string,
): number | null {
  for (const { id, test, group: own } of gates) {
    if (test === null || !test(text)) continue;
    if (own === group) return id;
    const found = findLeaf(below.get(String(id)) ?? [], below, group, text);
    if (found !== null) return found;
  }
  return null;
}

function findGateFiles(folder: string): string[] {
  const names = readdirSync(folder).filter((name) => name === gatesFile || isGatesPart(name));
  return names.sort().map((name) => join(folder, name));
}

function readRules(file: string): WrittenRule[] {
  const rules = readIfThere(file).matchAll(/<rule id="(\d+)" level="(\d+)"[^>]*>(.*?)<\/rule>/gs);
  return Array.from(rules, ([, id, level, text = '']) => ({ id: Number(id), level: Number(level), text }));
}

function readIfThere(file: string): string {
  try {
    return readFileSync(file, 'latin1');
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return '';
    throw error;
  }
}

/** Of a rule of ours, the elements that are no conditions. */
const others = /^<(?:if_\w+|same_\w+|description|options|group|mitre|id)\b/;

function conditionsOf(text: string): string {
  const lines = text.split('\n').map((line) => line.trim());
  return lines.filter((line) => line.startsWith('<') && !others.test(line)).join('\n');
}

function elementOf(text: string, name: string): string | null {
  return new RegExp(`<${name}[^>]*>([^<]*)<`).exec(text)?.[1] ?? null;
}

function toGate({ id, text }: WrittenRule): WrittenGate {
  const { field, test } = readQuestion(text);
  return {
    id,
    parents: elementOf(text, 'if_sid')?.split(',') ?? [],
    field,
    test,
    list: elementOf(text, 'list'),
    group: elementOf(text, 'group')?.replace(/,$/, '') ?? null,
  };
}

/** `<srcip>` and `<dstip>` take no pattern. */
const staticPattern = new RegExp(`<(${[...staticFields].join('|')}) type="pcre2">([^<]*)<`);

/** What a gate asks of a field: a pattern of a dynamic field, one of a static field, or networks of a static field. */
function readQuestion(text: string): Pick<WrittenGate, 'field' | 'test'> {
  const [, name, pattern] =
    /<field name="([^"]+)" type="pcre2">([^<]*)</.exec(text) ?? staticPattern.exec(text) ?? [];
  if (name !== undefined && pattern !== undefined) return { field: name, test: toTest(pattern) };
  const networks = [...text.matchAll(/<(srcip|dstip)>([^<]*)</g)];
  const [first] = networks;
  if (first === undefined) return { field: null, test: null };
  return { field: first[1] ?? null, test: toNetworkTest(networks.map(([, , network = '']) => network)) };
}

/** The engine finds an IPv4-mapped IPv6 address in no network of IPv4 (Wazuh 4.14.7), and `BlockList` does. */
function toNetworkTest(networks: readonly string[]): (text: string) => boolean {
  let compiled: BlockList | null = null;
  return (text) => {
    const family = isIP(text);
    if (family === 0 || /^::ffff:[\d.]+$/i.test(text)) return false;
    compiled ??= toBlockList(networks);
    return compiled.check(text, family === 4 ? 'ipv4' : 'ipv6');
  };
}

function toBlockList(networks: readonly string[]): BlockList {
  const list = new BlockList();
  for (const network of networks) {
    const [address = '', prefix] = network.split('/');
    const family = isIP(address) === 4 ? 'ipv4' : 'ipv6';
    if (prefix === undefined) list.addAddress(address, family);
    else list.addSubnet(address, Number(prefix), family);
  }
  return list;
}

/** Our patterns mean the same in PCRE2 and here, but for `(?i)` at the beginning. Each is compiled when it is asked. */
function toTest(pattern: string): (text: string) => boolean {
  let compiled: RegExp | null = null;
  return (text) => {
    compiled ??= pattern.startsWith('(?i)') ? new RegExp(pattern.slice(4), 'i') : new RegExp(pattern);
    return compiled.test(text);
  };
}
