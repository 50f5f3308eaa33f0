import { attributeOf, readXml, type XmlElement } from '../../src/wazuh/xml.ts';
import { flattenJson } from './json-fields.ts';
import type { RuleEvent } from './rule-event.ts';

/** Severities by level; level 0 is that of an audit, whose keywords decide. */
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

const auditFailure = 0x10_0000_0000_0000n;
const auditSuccess = 0x20_0000_0000_0000n;

/** Keywords are a number of 64 bits in hexadecimal digits. */
function toSeverity(level: string, keywords: string): string {
  if (Number.parseInt(level, 10) !== 0) return severities[level] ?? 'UNKNOWN';
  const bits = /^0x[\da-f]{1,16}/i.exec(keywords)?.[0];
  const flags = bits === undefined ? 0n : BigInt(bits);
  if (flags & auditFailure) return 'AUDIT_FAILURE';
  return flags & auditSuccess ? 'AUDIT_SUCCESS' : 'UNKNOWN';
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
  return { ...fields, severityValue: toSeverity(level, keywords) };
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

/** The other form of an event's values, of which Remote Desktop's are: the first element below `UserData`. */
function eventXmlFields(data: XmlElement): Record<string, string> {
  const values = data.children.find(({ name }) => name === 'EventXML')?.children ?? [];
  return Object.fromEntries(values.map(({ name, text }) => [lowerFirst(name), text]));
}

/**
 * The event of a Windows event channel message, of which Sysmon's are one kind: `win.system.*` and `win.eventdata.*`
 * as the engine's own decoder names them. The message is in quotes, and it alone has no escapes left. Audit categories are left out: no rule of the project's reads them.
 */
export function toWindowsEvent(message: { readonly Event?: unknown; readonly Message?: unknown }): RuleEvent {
  const xml = typeof message.Event === 'string' ? asWritten(message.Event) : '';
  const sections = readXml(xml).roots[0]?.children ?? [];
  const section = (name: string) => sections.find((element) => element.name === name);
  const [system, data, userData] = [section('System'), section('EventData'), section('UserData')];
  const win = {
    system: {
      ...(system ? systemFields(system) : {}),
      ...(typeof message.Message === 'string' ? { message: `"${message.Message}"` } : {}),
    },
    eventdata: data ? eventDataFields(data) : {},
    eventXML: userData ? eventXmlFields(userData) : {},
  };
  return { decoder: 'windows_eventchannel', fields: flattenJson({ win }) };
}
