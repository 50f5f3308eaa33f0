/** The most fields of one event; the engine drops the others (Wazuh 4.14.7). */
const mostFields = 256;

/**
 * The `data` of the alert that the engine writes for a JSON event (Wazuh 4.14.7): null becomes the text `null`, an
 * integer its text, another number six decimals, a boolean its word; an array stays as it is; `""` and `{}` vanish.
 */
function decodeAsEngine(json: string): unknown {
  if (!json.startsWith('{"'))
    throw new Error(`the engine takes no event that begins with ${json.slice(0, 10)}`);
  const budget = { left: mostFields };
  return decode(JSON.parse(json), budget) ?? {};
}

function decode(value: unknown, budget: { left: number }): unknown {
  if (value === '') return undefined;
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) {
    const entries = Object.entries(value)
      .map(([key, inner]) => [key, decode(inner, budget)])
      .filter(([, inner]) => inner !== undefined);
    return entries.length > 0 ? Object.fromEntries(entries) : undefined;
  }
  if (budget.left === 0) return undefined;
  budget.left -= 1;
  if (Array.isArray(value)) return value;
  if (typeof value === 'number') return value === (value | 0) ? String(value) : value.toFixed(6);
  return String(value);
}

export interface ReceivedEvent {
  readonly header: string;
  readonly json: string;
  readonly data: Readonly<Record<string, unknown>>;
}

/** Parses a message of the queue; the JSON starts after the location. */
export function readEvent(message: string | undefined): ReceivedEvent {
  const [, header, json] = /^(1:(?:.*?->)?opencti):(\{.*\})$/s.exec(message ?? '') ?? [];
  if (header === undefined || json === undefined)
    throw new Error(`no message of the integration: ${message}`);
  return { header, json, data: decodeAsEngine(json) as ReceivedEvent['data'] };
}
