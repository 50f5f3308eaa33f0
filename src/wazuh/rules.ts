import type { Subject } from '../values/kinds.ts';
import { toFieldCanaries } from './canaries.ts';
import {
  type Condition,
  type EventField,
  eventFields,
  gateGroup,
  type PatternKind,
  type Root,
  roots,
  subjects,
} from './fields.ts';
import { decoderFile, gatesFile, rulesFile } from './ours.ts';
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
  readonly blocks: IdBlocks;
  readonly level: Readonly<Record<Subject, number>>;
  readonly linuxDecoder: LinuxDecoder;
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

/** The text of a file for `etc/rules` or `etc/decoders`. */
export interface RuleFile {
  readonly path: string;
  readonly text: string;
}

/** The marker in the decoder file until the set has a name; no set has this one: see `markDecoders`. */
const noMarker = 'octset-none';

/**
 * Returns the decoder file and the rule files. The names order gates before alert rules: the engine attaches a rule
 * only to rules that it has loaded before.
 */
export function renderRuleFiles(input: RuleFilesInput): RuleFile[] {
  return [
    { path: `decoders/${decoderFile}`, text: renderDecoders(input.linuxDecoder) },
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
  const { blocks, gates, splitAt = null } = input;
  const base = {
    ids: { ...moveMessageRuleIds(blocks) },
    roots: Object.values(roots).map((root) => toRootData(root, blocks)),
  };
  const fields = eventFields.map((field) => toGateData(field, input));
  const trees = eventFields.map((field, at) => ({
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

/** The numbers are padded: the engine loads files in the order of their names, and parents have to be first. */
function toPartName(part: number, parts: number): string {
  const number = String(part).padStart(String(parts).length, '0');
  return gatesFile.replace('.xml', `-${number}.xml`);
}

interface PatternData {
  readonly [name: string]: string | number | null;
  readonly id: number;
  readonly pattern: string;
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
      const bytes = gate.pattern.length + ruleRoom;
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
  return {
    id: moveRuleId(id, blocks),
    parent: typeof parent === 'number' ? parent : moveRuleId(roots[parent].id, blocks),
    decoder: toDecoder(when),
    fields: toFields(when),
    what,
  };
}

const toDecoder = (when: readonly Condition[]): string | null =>
  when
    .map((condition) => ('decoder' in condition ? condition.decoder : null))
    .find((name) => name !== null) ?? null;

const toFields = (when: readonly Condition[]) =>
  when.flatMap((condition) => ('field' in condition ? [{ ...condition }] : []));

function toGateData(
  field: EventField,
  { blocks, patterns, undeclared = [], cutFields = [] }: RuleFilesInput,
) {
  const canaries = toFieldCanaries(field, blocks);
  const isDeclared = !undeclared.includes(field.list);
  const gateId = moveRuleId(field.ids.listGate, blocks);
  const parents = toRootIds(field, blocks);
  const isOn = field.patterns !== null && patterns[field.patterns] && !cutFields.includes(field.key);
  const hasPatterns = canaries.patterns !== null && isOn;
  return {
    name: field.ruleField,
    isFirst: true,
    gateId: isDeclared ? gateId : null,
    list: `etc/lists/${field.list}`,
    group: gateGroup(field),
    parents,
    canaries: [
      ...(isDeclared ? [{ ...canaries.list, parents: String(gateId), group: canaries.group }] : []),
      ...(hasPatterns ? [{ ...canaries.patterns, parents, group: canaries.group }] : []),
    ],
  };
}

const toRootIds = (field: EventField, blocks: IdBlocks): string =>
  field.roots.map((key) => moveRuleId(roots[key].id, blocks)).join(',');

function toPatternData(
  { id, parent, pattern, leaf }: PatternGate,
  field: EventField,
  blocks: IdBlocks,
): PatternData {
  return {
    id,
    parent: parent ?? toRootIds(field, blocks),
    pattern,
    group: leaf ? gateGroup(field) : null,
  };
}

function renderRules({ blocks, level, withoutMail = false }: RuleFilesInput): string {
  return renderTemplate(rulesFile, {
    ids: { ...moveMessageRuleIds(blocks) },
    alerts: toAlertRules(level, blocks).map(({ when, ...rule }) => ({
      ...rule,
      decoder: 'decoder' in when ? when.decoder : null,
      field: 'field' in when ? when.field : null,
      pattern: 'field' in when ? when.pattern : null,
    })),
    withoutMail,
    canaries: eventFields.map((field) => {
      const { group, ruleId } = toFieldCanaries(field, blocks);
      return { id: ruleId, gates: group, field: field.ruleField };
    }),
  });
}

/** The elements of an event of Sysmon for Linux, and the documented names of their fields. */
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

/** A rule that raises an alert for a match, as the template takes it. */
export interface AlertRule {
  readonly id: number;
  readonly level: number;
  /** The groups of the gates that are its parents, for `if_group`. */
  readonly gates: string;
  /** The condition that separates the event from others. */
  readonly when: Condition;
  readonly description: string;
  readonly groups: string;
}

/**
 * Returns the alert rules of all rows, each of them once: a rule that several rows share is a child of the gates of
 * each row.
 */
function toAlertRules(level: Readonly<Record<Subject, number>>, blocks: IdBlocks): AlertRule[] {
  const rules = new Map<number, AlertRule>();
  for (const field of eventFields as readonly EventField[]) {
    const { known, group: subjectGroup } = subjects[field.subject];
    for (const { ruleId, when, happened, groups } of field.events) {
      const id = moveRuleId(ruleId, blocks);
      const gates = [rules.get(id)?.gates, gateGroup(field)].filter((group) => group !== undefined);
      rules.set(id, {
        id,
        level: level[field.subject],
        gates: gates.join('|'),
        when,
        description: `OpenCTI - ${known}: ${happened}`,
        groups: `${subjectGroup},${groups}`,
      });
    }
  }
  return [...rules.values()].sort((a, b) => a.id - b.id);
}
