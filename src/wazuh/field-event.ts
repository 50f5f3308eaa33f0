import type { EventField, FieldEvent } from './event-fields.ts';
import { linuxDecoder } from './event-parents.ts';
import type { RuleEvent } from './ruleset/rule-event.ts';
import { eventNumberField, fimEvents } from './source-events.ts';

/** The least event of a row: what tells it apart, and one looked-up field. */
export function toFieldEvent(
  { source, ruleField }: EventField,
  { event }: FieldEvent,
  text: string,
): RuleEvent {
  const number = eventNumberField[source];
  const fields = { [ruleField]: text, ...(number === null ? {} : { [number]: String(event) }) };
  return { decoder: decoderOf(source, event), fields };
}

function decoderOf(source: EventField['source'], event: number): string {
  if (source === 'fim') return fimEvents[event]?.decoder ?? '';
  return source === 'windows' ? 'windows_eventchannel' : linuxDecoder;
}
