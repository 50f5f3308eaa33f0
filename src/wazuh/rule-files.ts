import { toAlertRules } from './alert-rules.ts';
import { toCanaryRules } from './canaries.ts';
import { type EventField, eventFields, type Subject } from './event-fields.ts';
import { linuxBaseGroup } from './event-parents.ts';
import { renderTemplate } from './render.ts';
import { moveRuleId, moveRuleIds } from './rule-ids.ts';
import { type SiteParents, toParents } from './site-parents.ts';

/** A gate of a pattern tree, as the template takes it. */
export interface PatternGate {
  readonly id: number;
  /** The id of the gate above it; null: it hangs where the list gate of its field hangs. */
  readonly parent: number | null;
  readonly pattern: string;
  readonly leaf: boolean;
}

/** What the rendering of the rule files depends on. */
export interface RuleFilesInput {
  readonly firstId: number;
  readonly level: Readonly<Record<Subject, number>>;
  /** By the key of the event field. */
  readonly siteParents: Readonly<Record<string, SiteParents>>;
  readonly linuxDecoder: boolean;
  /**
   * The alert rules send no mail: the alert with the context does, or the one that says why there is none
   * (`integration.mail: once`). Default: false.
   */
  readonly withoutMail?: boolean;
  /** By the key of the event field. */
  readonly gates: ReadonlyMap<string, readonly PatternGate[]>;
}

/** The text of a file for `etc/rules` or `etc/decoders`. */
export interface RuleFile {
  readonly path: string;
  readonly text: string;
}

/** Gates before rules by their names: the engine attaches a rule only to what it has loaded before. */
export function renderRuleFiles(input: RuleFilesInput): RuleFile[] {
  const files = [
    { path: 'rules/zz-opencti-1-gates.xml', text: renderGates(input) },
    { path: 'rules/zz-opencti-2-rules.xml', text: renderRules(input) },
  ];
  return input.linuxDecoder
    ? [...files, { path: 'decoders/zz-opencti-decoder.xml', text: renderDecoder() }]
    : files;
}

function renderGates({ firstId, siteParents, linuxDecoder, gates }: RuleFilesInput): string {
  const linuxBase = linuxDecoder ? { id: moveRuleIds(firstId).linuxBase, group: linuxBaseGroup } : null;
  const fields = eventFields.map((field) =>
    toGateData(field, firstId, siteParents[field.key], gates.get(field.key) ?? []),
  );
  return renderTemplate('zz-opencti-1-gates.xml', { linuxBase, fields });
}

function toGateData(
  field: EventField,
  firstId: number,
  site: SiteParents | undefined,
  gates: readonly PatternGate[],
) {
  const group = `octgate_${field.key}`;
  const { relay, groups } = toParents(field, site);
  return {
    name: field.ruleField,
    gateId: moveRuleId(field.gateId, firstId),
    list: `etc/lists/${field.list}`,
    group,
    relay: relay && { ...relay, id: moveRuleId(field.relayId, firstId) },
    parents: groups,
    gates: gates.map(({ id, parent, pattern, leaf }) => ({
      id,
      parent,
      pattern,
      group: leaf ? group : null,
    })),
  };
}

function renderRules({ firstId, level, withoutMail = false }: RuleFilesInput): string {
  const alerts = eventFields
    .flatMap((field) => toAlertRules(field, level, firstId))
    .map((rule) => ({ ...rule }));
  return renderTemplate('zz-opencti-2-rules.xml', {
    ids: { ...moveRuleIds(firstId) },
    alerts,
    withoutMail,
    canaries: toCanaryRules(firstId).map((rule) => ({ ...rule })),
  });
}

/** The tags of Sysmon for Linux, and the documented names of their fields. */
const linuxTags = {
  Image: 'image',
  User: 'user',
  CommandLine: 'commandLine',
  ParentImage: 'parentImage',
  Hashes: 'hashes',
  TargetFilename: 'targetFilename',
  Protocol: 'protocol',
  SourceIp: 'sourceIp',
  SourcePort: 'sourcePort',
  DestinationIp: 'destinationIp',
  DestinationHostname: 'destinationHostname',
  DestinationPort: 'destinationPort',
} as const;

function renderDecoder(): string {
  const fields = Object.entries(linuxTags).map(([tag, field]) => ({ tag, field }));
  return renderTemplate('zz-opencti-decoder.xml', { fields });
}
