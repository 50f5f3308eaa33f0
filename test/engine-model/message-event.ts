import { decodeLog } from './decode.ts';
import type { Ruleset } from './load-ruleset.ts';
import type { RuleEvent } from './rule-event.ts';
import { toSyscheckEvent } from './syscheck-event.ts';
import { toWindowsEvent } from './windows-event.ts';

interface QueueMessage {
  readonly kind: string;
  readonly location: string;
  readonly body: string;
}

/** `<kind>:<location>:<body>`; in the location `|:` is a colon and `||` a bar. */
const framing = /^(.):((?:\|.|[^|:])*):(.*)$/s;

function parseQueueMessage(message: string): QueueMessage | null {
  const parts = framing.exec(message);
  if (!parts) return null;
  const location = (parts[2] ?? '').replace(/\|(.)/g, '$1');
  return { kind: parts[1] ?? '', location, body: parts[3] ?? '' };
}

function parseObject(text: string): Record<string, unknown> | null {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null ? { ...value } : null;
  } catch {
    return null;
  }
}

/**
 * Of an agent's location, `[id] (name) address->path`, rules see all but the id, and the name of the agent as the host,
 * whatever the log says (Wazuh 4.14.7).
 */
function source(written: string): Pick<RuleEvent, 'hostname'> & { readonly location: string } {
  const agent = /^\[[^\]]*\] ?(.*)$/s.exec(written);
  if (agent === null) return { location: written };
  const location = agent[1] ?? '';
  return { location, hostname: /^\(([^)]*)\)/.exec(location)?.[1] ?? '' };
}

/**
 * The event of one message of the engine's queue: a Windows event (`f`), a FIM event (`8`), or a line of a log that
 * the decoders take. Null when the engine would not decode it, or the model does not know its kind.
 */
export function toEventOfMessage(ruleset: Pick<Ruleset, 'decoders'>, message: string): RuleEvent | null {
  const parsed = parseQueueMessage(message);
  if (!parsed) return null;
  const { kind, location, body } = parsed;
  if (kind === '1' || kind === '2')
    return {
      ...decodeLog(ruleset, { location: source(location).location, line: body }),
      ...source(location),
    };
  const json = parseObject(body);
  if (!json) return null;
  const event = kind === 'f' ? toWindowsEvent(json) : kind === '8' ? toSyscheckEvent(json) : null;
  return event && { ...event, ...source(location) };
}
