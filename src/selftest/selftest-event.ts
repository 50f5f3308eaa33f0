import { formatKeys } from '../compile/keys.ts';
import type { Config } from '../config/config.ts';
import { hashKinds, hexDigits } from '../observable/kinds.ts';
import { canaries, gateCanaries, listCanaries, toCanaryRuleId } from '../wazuh/canaries.ts';
import { type EventField, eventFields, type FieldEvent, type Subject } from '../wazuh/event-fields.ts';
import { moveRuleId } from '../wazuh/rule-ids.ts';
import { toLinuxMessage, toSyscheckMessage, toWindowsMessage } from './messages.ts';

/** What has to match: the list of the field, or pattern gates that the configuration can switch off. */
export type Needs = 'list' | 'hashes' | 'domains' | 'cidr';

/** A spelling of a field's canary. */
interface Spelled {
  readonly spelling: string;
  readonly text: string;
  readonly needs: Needs;
}

/** One event that the selftest sends. */
export interface SelftestEvent extends Spelled {
  readonly field: EventField;
  readonly event: number;
  /** Stands in the event, and so in its alert, and in no other. */
  readonly token: string;
  /** As it enters the queue of the engine. */
  readonly message: string;
  /** The alert rule of the row, and the rule that takes its place for a canary. */
  readonly alertRule: number;
  readonly ruleId: number;
}

const composite = [
  ...hashKinds.map((kind) => `${kind}=${gateCanaries[kind]}`),
  `IMPHASH=${'0'.repeat(hexDigits.md5)}`,
]
  .join(',')
  .toUpperCase();

const spellings: Readonly<Record<Subject, readonly Spelled[]>> = {
  hash: [
    { spelling: 'one hash', text: `SHA256=${listCanaries.sha256}`.toUpperCase(), needs: 'list' },
    { spelling: 'several hashes', text: composite, needs: 'hashes' },
  ],
  address: [
    { spelling: 'IPv4', text: listCanaries.ipv4, needs: 'list' },
    { spelling: 'IPv6', text: '2001:db8:0:0:0:0:0:ca7a', needs: 'list' },
    { spelling: 'in a network', text: '198.51.100.9', needs: 'cidr' },
  ],
  name: [
    { spelling: 'the name', text: listCanaries.name, needs: 'list' },
    { spelling: 'a subdomain, mixed case', text: 'WWW.Gate.OpenCTI-Wazuh.Invalid', needs: 'domains' },
  ],
};

export interface SelftestOptions {
  readonly gates: Config['gates'];
  readonly firstId: number;
  /** FIM events leave entries in the manager's own database of files. */
  readonly syscheck: boolean;
  /** Of this run. */
  readonly token: string;
}

/** An event for each row of the field table and each spelling that this configuration matches. */
export function toSelftestEvents({ gates, firstId, syscheck, token }: SelftestOptions): SelftestEvent[] {
  const isOn = (needs: Needs) => needs === 'list' || gates[needs];
  const rows = eventFields
    .filter(({ source }) => syscheck || source !== 'fim')
    .flatMap((field: EventField) =>
      spell(field)
        .filter(({ needs }) => isOn(needs))
        .flatMap((spelled) => orderEvents(field).map((event) => ({ field, event, spelled }))),
    );
  return rows.map(({ field, event: { event, ruleId }, spelled }, index) => {
    const own = `${token}-${index + 1}`;
    return {
      ...spelled,
      field,
      event,
      token: own,
      message: toMessage(field, event, spelled.text, own, token),
      alertRule: moveRuleId(ruleId, firstId),
      ruleId: toCanaryRuleId(field, firstId),
    };
  });
}

function spell(field: EventField): readonly Spelled[] {
  if (field.source !== 'fim') return spellings[field.subject];
  const [canary] = canaries.lists.filter(({ kind }) => field.kinds.some((each) => each === kind));
  const text = canary ? (formatKeys[field.spelling](canary)[0] ?? '') : '';
  return [{ spelling: 'the hash', text, needs: 'list' }];
}

/** A file is added before it changes, and its entry in the database goes at the end. */
const fimOrder = [554, 550, 553];

function orderEvents({ source, events }: EventField): readonly FieldEvent[] {
  if (source !== 'fim') return events;
  return [...events].sort((a, b) => fimOrder.indexOf(a.event) - fimOrder.indexOf(b.event));
}

function toMessage(field: EventField, event: number, text: string, token: string, run: string): string {
  switch (field.source) {
    case 'windows':
      return toWindowsMessage(event, field.ruleField, text, token);
    case 'linux':
      return toLinuxMessage(event, field.ruleField, text, token);
    case 'fim':
      return toSyscheckMessage(event, field.ruleField, text, { token, file: `${run}-${field.key}` });
  }
}
