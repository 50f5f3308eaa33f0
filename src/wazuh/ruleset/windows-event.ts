import { flattenJson } from './json-fields.ts';
import type { RuleEvent } from './rule-event.ts';
import { attributeOf, readXml, type XmlElement } from './xml.ts';

const severities: Readonly<Record<string, string>> = {
  '1': 'CRITICAL',
  '2': 'ERROR',
  '3': 'WARNING',
  '4': 'INFORMATION',
  '5': 'VERBOSE',
};

/** Attributes of `<System>`'s elements that become fields of their own. */
const systemAttributes: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  Provider: { name: 'providerName', guid: 'providerGuid', eventsourcename: 'eventSourceName' },
  TimeCreated: { systemtime: 'systemTime' },
  Execution: { processid: 'processID', threadid: 'threadID' },
  Security: {},
  Correlation: {},
};

function lowerFirst(name: string): string {
  return name.slice(0, 1).toLowerCase() + name.slice(1);
}

/** The engine cuts a text into an XML document that is still escaped as JSON: backslashes stay doubled. */
function asWritten(text: string): string {
  return JSON.stringify(text).slice(1, -1);
}

function systemFields(system: XmlElement): Record<string, string> {
  const fields: Record<string, string> = {};
  for (const element of system.children) {
    const named = systemAttributes[element.name];
    if (named === undefined && element.text !== '') fields[lowerFirst(element.name)] = element.text;
    for (const [attribute, field] of Object.entries(named ?? {})) {
      const value = attributeOf(element, attribute);
      if (value !== undefined) fields[field] = value;
    }
  }
  const { level, keywords } = fields;
  if (level === undefined || keywords === undefined) return fields;
  return { ...fields, severityValue: severities[level] ?? 'UNKNOWN' };
}

/** `-`, `(NULL)` and the empty text are dropped. */
function eventDataFields(data: XmlElement): Record<string, string> {
  const fields: Record<string, string> = {};
  for (const element of data.children) {
    const name = attributeOf(element, 'name');
    if (element.name !== 'Data' || name === undefined) continue;
    if (element.text === '' || element.text === '-' || element.text === '(NULL)') continue;
    fields[lowerFirst(name)] ??= element.text.trimEnd();
  }
  return fields;
}

/**
 * The event of a Windows event channel message, of which Sysmon's are one kind: `win.system.*` and `win.eventdata.*`
 * as the engine's own decoder names them. Audit categories are left out: no rule of the project's reads them.
 */
export function toWindowsEvent(message: { readonly Event?: unknown; readonly Message?: unknown }): RuleEvent {
  const xml = typeof message.Event === 'string' ? asWritten(message.Event) : '';
  const sections = readXml(xml).roots[0]?.children ?? [];
  const section = (name: string) => sections.find((element) => element.name === name);
  const [system, data] = [section('System'), section('EventData')];
  const win = {
    system: {
      ...(system ? systemFields(system) : {}),
      ...(typeof message.Message === 'string' ? { message: `"${asWritten(message.Message)}"` } : {}),
    },
    eventdata: data ? eventDataFields(data) : {},
  };
  return { decoder: 'windows_eventchannel', fields: flattenJson({ win }) };
}
