import { flattenJson } from './json-fields.ts';
import type { RuleEvent } from './rule-event.ts';

type JsonObject = Readonly<Record<string, unknown>>;

function isObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function textAt(value: unknown, key: string): string | undefined {
  const found = isObject(value) ? value[key] : undefined;
  return typeof found === 'string' ? found : undefined;
}

const fimNames: Readonly<Record<string, string>> = {
  path: 'file',
  event: 'event_type',
  changed_attributes: 'changed_fields',
};

/**
 * FIM has one name for a value in a rule and another in the alert's JSON (Wazuh 4.14.7): `sha256` there is
 * `syscheck.sha256_after` here, `file` is `syscheck.path`.
 */
function fimFields(syscheck: JsonObject): Record<string, string> {
  const entries = Object.entries(flattenJson(syscheck));
  return Object.fromEntries(
    entries.map(([name, text]) => [fimNames[name] ?? name.replace(/_after$/, ''), text]),
  );
}

/**
 * Rules see where a log comes from together with its agent, `(name) address->path`; the alert has the path alone
 * (Wazuh 4.14.7).
 */
function ruleLocation(alert: JsonObject): string | undefined {
  const location = textAt(alert, 'location');
  const { agent } = alert;
  const name = textAt(agent, 'name');
  if (location === undefined || name === undefined || textAt(agent, 'id') === '000') return location;
  return `(${name}) ${textAt(agent, 'ip') ?? 'any'}->${location}`;
}

/** Of an event from an agent the agent's name, whatever the log says (Wazuh 4.14.7). */
function hostOf({ agent, predecoder }: JsonObject): string | undefined {
  const name = textAt(agent, 'name');
  return name === undefined || textAt(agent, 'id') === '000' ? textAt(predecoder, 'hostname') : name;
}

/**
 * Turns an alert, as `alerts.json` has it, back into the event that raised it; null when it names no decoder. Values
 * that the engine holds back (`no_full_log`) stay open.
 */
export function toEventOfAlert(alert: unknown): RuleEvent | null {
  if (!isObject(alert)) return null;
  const { data, syscheck, predecoder, decoder: decoded } = alert;
  const decoder = textAt(decoded, 'name');
  if (decoder === undefined) return null;
  const fields = {
    ...(isObject(data) ? flattenJson(data) : {}),
    ...(isObject(syscheck) ? fimFields(syscheck) : {}),
  };
  const parts = {
    programName: textAt(predecoder, 'program_name'),
    hostname: hostOf(alert),
    location: ruleLocation(alert),
    log: textAt(alert, 'full_log'),
  };
  const known = Object.entries(parts).filter(([, value]) => value !== undefined);
  return { decoder, fields, ...Object.fromEntries(known) };
}
