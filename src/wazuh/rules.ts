import type { Subject } from '../values/kinds.ts';
import { toFieldCanaries } from './canaries.ts';
import { renderDnsDecoders } from './dns-decoders.ts';
import {
  type Condition,
  type EventField,
  type FieldEvent,
  gateGroup,
  type PatternKind,
  type Root,
  type RootKey,
  staticFields,
  subjects,
  toRoot,
  toRootLine,
} from './fields.ts';
import { decoderFile, gatesFile, type RuleFile, rulesFile } from './ours.ts';
import { type IdBlocks, moveMessageRuleIds, moveRuleId } from './rule-ids.ts';
import { renderTemplate } from './template.ts';

/** A gate of a pattern tree, as the template takes it. */
export interface PatternGate {
  readonly id: number;
  /** The id of its parent gate; null: it is a sibling of the list gate of its field. */
  readonly parent: number | null;
  readonly pattern: string;
  readonly leaf: boolean;
}

/**
 * A decoder of the site that takes the lines of Sysmon for Linux, and the chain of its children that our decoder joins.
 * For lines that it does not take, because of their time stamps, our own chain is added: under the name of the site's
 * decoder, the site's rules would take them.
 */
export interface SiteDecoder {
  readonly parent: string;
  readonly child: string;
  /** It already fills `system.channel`; a second decoder would put the field into the alert twice. */
  readonly hasChannel: boolean;
}

/** `own`: the site has no such decoder. `none`: `rules.linux_decoder: off`. */
export type LinuxDecoder = 'own' | 'none' | SiteDecoder;

/** What the rendering of the rule files depends on. */
export interface RuleFilesInput {
  /** Those of which rules are rendered, with their rows: see `toActiveFields`. */
  readonly fields: readonly EventField[];
  readonly blocks: IdBlocks;
  readonly level: Readonly<Record<Subject, number>>;
  readonly linuxDecoder: LinuxDecoder;
  /** Our decoders of DNS queries (`rules.dns_decoders`). Default: false. */
  readonly dnsDecoders?: boolean;
  /**
   * The alert rules send no mail; the alert with the context sends it, or the alert that reports why there is no
   * context (`integration.mail: once`). Default: false.
   */
  readonly withoutMail?: boolean;
  /** Which pattern gates are on, whether or not there is a value for them. */
  readonly patterns: Readonly<Record<PatternKind, boolean>>;
  /**
   * Names of the lists that `ossec.conf` does not declare: the engine would drop the rules that read them. The patterns
   * of their fields are rendered nevertheless. Default: none.
   */
  readonly undeclared?: readonly string[];
  /**
   * Keys of the fields whose pattern gates did not fit: only a canary would match there, so it is left out. Default:
   * none.
   */
  readonly cutFields?: readonly string[];
  /** By the key of the event field. */
  readonly gates: ReadonlyMap<string, readonly PatternGate[]>;
  /**
   * The bytes that a file of gates may have; further gates are written into further files. Null: one file. Default:
   * null.
   */
  readonly splitAt?: number | null;
}

export type { RuleFile } from './ours.ts';

/** The marker in the decoder file until the set has a name; no set has this one: see `markDecoders`. */
const noMarker = 'octset-none';

/**
 * Returns the decoder file and the rule files. The names order gates before alert rules: the engine attaches a rule
 * only to rules that it has loaded before.
 */
export function renderRuleFiles(input: RuleFilesInput): RuleFile[] {
  return [
    { path: `decoders/${decoderFile}`, text: renderDecoders(input.linuxDecoder) },
    ...(input.dnsDecoders ? renderDnsDecoders() : []),
    ...renderGates(input),
    { path: `rules/${rulesFile}`, text: renderRules(input) },
  ];
}

/**
 * Returns the decoder file of a set with this name (`octset-`, then letters and digits); nothing else in the file
 * depends on the set.
 */
export function markDecoders(text: string, marker: string): string {
  return text.replaceAll(noMarker, marker);
}

function renderGates(input: RuleFilesInput): RuleFile[] {
  const { fields: own, blocks, gates, splitAt = null } = input;
  const base = {
    ids: { ...moveMessageRuleIds(blocks) },
    roots: findRoots(own).map((root) => toRootData(root, blocks)),
  };
  const fields = own.map((field) => toGateData(field, input));
  const trees = own.map((field, at) => ({
    ...fields[at],
    gates: (gates.get(field.key) ?? []).map((gate) => toPatternData(gate, field, blocks)),
  }));
  if (splitAt === null)
    return [{ path: `rules/${gatesFile}`, text: renderTemplate(gatesFile, { ...base, fields: trees }) }];
  const parts = [
    renderTemplate(gatesFile, { ...base, fields: fields.map((field) => ({ ...field, gates: [] })) }),
    ...splitTrees(trees, splitAt).map((part) =>
      renderTemplate(gatesFile, { ids: null, roots: [], fields: part }),
    ),
  ];
  return parts.map((text, index) => ({ path: `rules/${toPartName(index + 1, parts.length)}`, text }));
}

/** The roots of these fields, and those above them: by their ids, so that a root comes before those that hang below it. */
function findRoots(fields: readonly EventField[]): Root[] {
  const lines = fields.flatMap((field) => field.roots.flatMap((key) => toRootLine(key)));
  return [...new Set(lines)].sort((a, b) => a.id - b.id);
}

/** The numbers are padded: the engine loads files in the order of their names, and parents go first. */
function toPartName(part: number, parts: number): string {
  const number = String(part).padStart(String(parts).length, '0');
  return gatesFile.replace('.xml', `-${number}.xml`);
}

interface PatternData {
  readonly [name: string]: string | number | null | readonly Element[];
  readonly id: number;
  readonly asks: readonly Element[];
}

/** Upper bounds, in bytes, of what a rule has in addition to its pattern, and a file in addition to its rules. */
const ruleRoom = 400;
const fileRoom = 2_000;

/**
 * Returns the gates in parts of at most `splitAt` bytes, in their order; a part has a few fields, each with some of its
 * gates.
 */
function splitTrees<Tree extends { readonly gates: readonly PatternData[] }>(
  trees: readonly Tree[],
  splitAt: number,
): (Tree & { isFirst: false })[][] {
  const parts: (Tree & { isFirst: false; gates: PatternData[] })[][] = [];
  let room = 0;
  for (const tree of trees) {
    let open: PatternData[] | null = null;
    for (const gate of tree.gates) {
      const bytes = gate.asks.map(formatElement).join('').length + ruleRoom;
      if (bytes > room) {
        parts.push([]);
        room = splitAt - fileRoom;
        open = null;
      }
      if (open === null) {
        open = [];
        parts.at(-1)?.push({ ...tree, isFirst: false, gates: open });
      }
      open.push(gate);
      room -= bytes;
    }
  }
  return parts;
}

function toRootData({ id, parent, when, what }: Root, blocks: IdBlocks) {
  const parents = typeof parent === 'string' ? [moveRuleId(toRoot(parent as RootKey).id, blocks)] : parent;
  return { id: moveRuleId(id, blocks), parent: parents.join(','), asks: toElements(when), what };
}

/** An element of a rule that is a condition, as the templates take it. */
export type Element = {
  readonly tag: string;
  /** Of a dynamic field. */
  readonly name: string | null;
  readonly isPattern: boolean;
  readonly isNegated: boolean;
  readonly text: string;
};

/** The conditions as elements of a rule: the decoder, which is a number to the engine, before everything else. */
export function toElements(when: readonly Condition[]): Element[] {
  const isDecoder = (condition: Condition) => 'decoder' in condition;
  return [...when.filter(isDecoder), ...when.filter((each) => !isDecoder(each))].map(toElement);
}

const plain = { name: null, isPattern: false, isNegated: false } as const;

function toElement(condition: Condition): Element {
  if ('decoder' in condition) return { ...plain, tag: 'decoded_as', text: condition.decoder };
  if ('text' in condition) return { ...plain, tag: 'regex', isPattern: true, text: condition.text };
  if ('notFrom' in condition)
    return { ...plain, tag: 'location', isPattern: true, isNegated: true, text: condition.notFrom };
  return askPattern(condition.field, condition.pattern);
}

function askPattern(field: string, text: string): Element {
  const asked = { ...plain, isPattern: true, text };
  return staticFields.has(field) ? { ...asked, tag: field } : { ...asked, tag: 'field', name: field };
}

/** As the templates write it. */
export function formatElement({ tag, name, isPattern, isNegated, text }: Element): string {
  const attributes = [
    name === null ? '' : ` name="${name}"`,
    isPattern ? ' type="pcre2"' : '',
    isNegated ? ' negate="yes"' : '',
  ];
  return `<${tag}${attributes.join('')}>${text}</${tag}>`;
}

/** The condition of a gate: see `Gate.pattern`. One element for each network of a static field. */
function askGate({ ruleField, subject }: EventField, pattern: string): Element[] {
  if (subject !== 'address' || !staticFields.has(ruleField)) return [askPattern(ruleField, pattern)];
  return pattern.split(' ').map((text) => ({ ...plain, tag: ruleField, text }));
}

function toGateData(
  field: EventField,
  { blocks, patterns, undeclared = [], cutFields = [] }: RuleFilesInput,
) {
  const canaries = toFieldCanaries(field, blocks);
  const isDeclared = field.list !== null && !undeclared.includes(field.list);
  const gateId = moveRuleId(field.ids.listGate, blocks);
  const parents = toRootIds(field, blocks);
  const isOn = field.patterns !== null && patterns[field.patterns] && !cutFields.includes(field.key);
  const hasPatterns = canaries.patterns !== null && isOn;
  const toCanary = ({ id, pattern }: { id: number; pattern: string }, parent: string) => ({
    id,
    asks: askGate(field, pattern),
    parents: parent,
    group: canaries.group,
  });
  return {
    name: field.ruleField,
    isFirst: true,
    gateId: isDeclared ? gateId : null,
    list: `etc/lists/${field.list}`,
    group: gateGroup(field),
    parents,
    canaries: [
      ...(isDeclared && canaries.list !== null ? [toCanary(canaries.list, String(gateId))] : []),
      ...(canaries.patterns !== null && hasPatterns ? [toCanary(canaries.patterns, parents)] : []),
    ],
  };
}

const toRootIds = (field: EventField, blocks: IdBlocks): string =>
  field.roots.map((key) => moveRuleId(toRoot(key).id, blocks)).join(',');

function toPatternData(
  { id, parent, pattern, leaf }: PatternGate,
  field: EventField,
  blocks: IdBlocks,
): PatternData {
  return {
    id,
    parent: parent ?? toRootIds(field, blocks),
    asks: askGate(field, pattern),
    group: leaf ? gateGroup(field) : null,
  };
}

function renderRules(input: RuleFilesInput): string {
  const { fields, blocks, level, withoutMail = false } = input;
  const gated = fields.filter((field) => hasGate(field, input));
  const alerts = toAlertRules(gated, level, blocks);
  return renderTemplate(rulesFile, {
    ids: { ...moveMessageRuleIds(blocks) },
    blocks: [
      { groups: 'opencti_listed,opencti_match', alerts: alerts.filter(({ isQuiet }) => !isQuiet) },
      { groups: 'opencti_listed', alerts: alerts.filter(({ isQuiet }) => isQuiet) },
    ].filter((block) => block.alerts.length > 0),
    withoutMail,
    canaries: fields
      .filter((field) => toGateData(field, input).canaries.length > 0)
      .map((field) => {
        const { group, ruleId } = toFieldCanaries(field, blocks);
        return { id: ruleId, gates: group, field: field.ruleField };
      }),
  });
}

/** A rule below a group that no rule has would be dropped by the engine, with a warning. */
function hasGate({ list, key }: EventField, { undeclared = [], gates }: RuleFilesInput): boolean {
  return (list !== null && !undeclared.includes(list)) || (gates.get(key) ?? []).some(({ leaf }) => leaf);
}

/** The parts of an event of Sysmon for Linux, and the documented names of their fields. */
const linuxTags = {
  EventID: 'system.eventId',
  Channel: 'system.channel',
  'Data Name="Image"': 'eventdata.image',
  'Data Name="User"': 'eventdata.user',
  'Data Name="CommandLine"': 'eventdata.commandLine',
  'Data Name="ParentImage"': 'eventdata.parentImage',
  'Data Name="Hashes"': 'eventdata.hashes',
  'Data Name="TargetFilename"': 'eventdata.targetFilename',
  'Data Name="Protocol"': 'eventdata.protocol',
  'Data Name="SourceIp"': 'eventdata.sourceIp',
  'Data Name="SourcePort"': 'eventdata.sourcePort',
  'Data Name="DestinationIp"': 'eventdata.destinationIp',
  'Data Name="DestinationHostname"': 'eventdata.destinationHostname',
  'Data Name="DestinationPort"': 'eventdata.destinationPort',
} as const;

const ownDecoder = 'opencti-sysmon-linux';

function renderDecoders(decoder: LinuxDecoder): string {
  const tags = Object.entries(linuxTags).map(([tag, field]) => ({ tag, field }));
  const own = { parent: ownDecoder, child: `${ownDecoder}-fields`, fields: tags };
  return renderTemplate(decoderFile, {
    own: decoder === 'none' ? null : ownDecoder,
    joined: typeof decoder === 'object' ? decoder.parent : null,
    chains: decoder === 'none' ? [] : [...(decoder === 'own' ? [] : [toJoinedChain(decoder)]), own],
    marker: noMarker,
  });

  function toJoinedChain({ parent, child, hasChannel }: SiteDecoder) {
    return { parent, child, fields: hasChannel ? [] : tags.filter(({ tag }) => tag === 'Channel') };
  }
}

/** One rule that raises an alert for a match: as the template takes it. */
type AlertRule = {
  readonly id: number;
  readonly level: number;
  /** The groups of the gates that are its parents, for `if_group`. */
  readonly gates: string;
  /** What tells the event apart. */
  readonly asks: readonly Element[];
  readonly description: string;
  readonly groups: string;
  readonly isQuiet: boolean;
  /** It starts no active response. */
  readonly noResponse: boolean;
  /** Rules that count or follow this one: see `FieldEvent`. */
  readonly burstRule: { readonly id: number; readonly level: number } | null;
  readonly afterFailuresRule: { readonly id: number } | null;
};

/** The alert rules of the rows, each once: rows that share a rule hang it below the gates of each. */
function toAlertRules(
  fields: readonly EventField[],
  level: Readonly<Record<Subject, number>>,
  blocks: IdBlocks,
): AlertRule[] {
  const rules = new Map<number, AlertRule>();
  for (const field of fields) {
    for (const event of field.events) {
      const rule = toAlertRule(field, event, level, blocks);
      const gates = [rules.get(rule.id)?.gates, rule.gates].filter((group) => group !== undefined);
      rules.set(rule.id, { ...rule, gates: gates.join('|') });
    }
  }
  return [...rules.values()].sort((a, b) => a.id - b.id);
}

/** A burst of what is listed is worth this much more than one event of it. */
const burstLevels = 4;

export function toBurstLevel(level: number): number {
  return Math.min(level + burstLevels, 15);
}

function toAlertRule(
  field: EventField,
  event: FieldEvent,
  levels: Readonly<Record<Subject, number>>,
  blocks: IdBlocks,
): AlertRule {
  const {
    ruleId,
    when,
    happened,
    groups,
    burstRuleId,
    afterFailuresRuleId,
    quiet = false,
    srcipIsOurs,
  } = event;
  const level = event.level ?? levels[field.subject];
  const move = (id: number) => moveRuleId(id, blocks);
  return {
    id: move(ruleId),
    level,
    gates: gateGroup(field),
    asks: toElements(when),
    description: `OpenCTI - ${subjects[field.subject].known}: ${happened}`,
    groups: `${subjects[field.subject].group},${groups}`,
    isQuiet: quiet,
    noResponse: srcipIsOurs === true,
    burstRule: burstRuleId === undefined ? null : { id: move(burstRuleId), level: toBurstLevel(level) },
    afterFailuresRule: afterFailuresRuleId === undefined ? null : { id: move(afterFailuresRuleId) },
  };
}
