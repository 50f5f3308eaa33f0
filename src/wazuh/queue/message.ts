/** The engine's queue takes this many bytes a datagram, and loses a longer one without a word (Wazuh 4.14.7). */
export const longestMessage = 65_535;

/** Whom an event is about. */
export interface QueueAgent {
  /** `000` is the manager itself. */
  readonly id: string;
  readonly name: string;
  /** Null: not known, or any. */
  readonly ip: string | null;
}

/** The place that the alert shows as `location`, and that the rules ask for. */
const location = 'opencti';

/**
 * A message for the engine's queue: the agent, where it comes from, and the JSON text of the event. What stands
 * before the `->` is escaped as remoted does it since 4.4, first `|` and then `:` (IPv6 agents have colons).
 */
export function formatQueueMessage(agent: QueueAgent, json: string): string {
  if (agent.id === '000') return `1:${location}:${json}`;
  const name = agent.name.replace(/[\x00-\x1f\x7f]/g, ' ');
  const source = `[${agent.id}] (${name}) ${agent.ip ?? 'any'}`;
  return `1:${source.replaceAll('|', '||').replaceAll(':', '|:')}->${location}:${json}`;
}

/** A NUL, and half of a surrogate pair. */
const unsafe = /[\0\p{Surrogate}]/gu;

/**
 * Compact JSON that the engine's parser takes (cJSON, Wazuh 4.14.7): it ends a text at a NUL, and refuses the
 * whole event for half a surrogate pair.
 */
export function toSafeJson(value: unknown): string {
  return JSON.stringify(value, (_, inner: unknown) =>
    typeof inner === 'string' ? inner.replace(unsafe, '\ufffd') : inner,
  );
}
