import type { Config } from '../../config/schema.ts';
import { toFieldCanaries } from '../../wazuh/canaries.ts';
import type { EventField, FieldEvent, PatternKind, SourceName } from '../../wazuh/fields.ts';
import { moveRuleId } from '../../wazuh/rule-ids.ts';
import type { Sample } from './sample.ts';
import { toSamples } from './samples.ts';
import { isLinuxHash, type Spelled, spell } from './spellings.ts';

/** One event that the selftest sends. */
export interface SelftestEvent extends Spelled {
  readonly field: EventField;
  readonly source: SourceName;
  readonly event: number | null;
  /** What writes such events, for a person. */
  readonly log: string;
  /** Stands in the event, and so in its alert, and in no other. */
  readonly token: string;
  /** The message for the queue of the engine. */
  readonly message: string;
  /** The alert rule of the row, and the rule that takes its place for a canary. */
  readonly alertRule: number;
  readonly ruleId: number;
}

export interface SelftestOptions {
  readonly gates: Pick<Config['gates'], PatternKind>;
  readonly rules: Pick<Config['rules'], 'blocks' | 'linuxDecoder'>;
  /** Those of which rows are in the rules, with these rows. */
  readonly fields: readonly EventField[];
  /** Fields that have no pattern gates for want of room, as rules name them. Default: none. */
  readonly cut?: readonly string[];
  /** Whether to send FIM events, which leave entries in the manager's own database of files. */
  readonly syscheck: boolean;
  /** Of this run. */
  readonly token: string;
}

/**
 * The events of a selftest: one for each row of the field table and each root that its source's events go through, and of
 * the first row of a field and root one for each spelling that this configuration matches. What a canary proves is the same
 * for all rows below one root, since one rule takes the canaries of a field.
 */
export function toSelftestEvents(options: SelftestOptions): SelftestEvent[] {
  const { rules, token } = options;
  return findRows(options).map(({ field, event, sample, spelled }, index) => {
    const own = `${token}-${index + 1}`;
    return {
      ...spelled,
      field,
      source: event.source,
      event: event.event,
      log: sample.log,
      token: own,
      message: sample.write(spelled.text, { token: own, file: `${token}-${field.key}` }),
      alertRule: moveRuleId(event.ruleId, rules.blocks),
      ruleId: toFieldCanaries(field, rules.blocks).ruleId,
    };
  });
}

interface Row {
  readonly field: EventField;
  readonly event: FieldEvent;
  readonly sample: Sample;
  readonly spelled: Spelled;
}

function findRows({ gates, rules, fields, cut = [], syscheck }: SelftestOptions): Row[] {
  const isOn = ({ ruleField }: EventField, { needs }: Spelled) =>
    needs === 'list' || (gates[needs] && !cut.includes(ruleField));
  // Without our decoder the hashes of Sysmon for Linux are in no field that is looked up.
  const isAsked = (field: EventField, { source }: FieldEvent) =>
    source === 'fim' ? syscheck : !(isLinuxHash(field, source) && rules.linuxDecoder === 'off');
  const spelledRoots = new Set<string>();
  return fields.flatMap((field) =>
    orderEvents(field)
      .filter((event) => isAsked(field, event))
      .flatMap((event) =>
        toSamples(field, event).flatMap((sample) => {
          const spellings = spell(field, event.source).filter(
            (spelled) => isOn(field, spelled) && sample.takes(spelled.text),
          );
          const root = `${field.key} ${sample.root}`;
          const asked = spelledRoots.has(root) ? spellings.slice(0, 1) : spellings;
          spelledRoots.add(root);
          return asked.map((spelled) => ({ field, event, sample, spelled }));
        }),
      ),
  );
}

/** A file is added before it changes, and its entry in the database goes at the end. */
const fimOrder = [554, 550, 553];

function orderEvents({ events }: EventField): readonly FieldEvent[] {
  return [...events].sort((a, b) => fimOrder.indexOf(a.event ?? 0) - fimOrder.indexOf(b.event ?? 0));
}
