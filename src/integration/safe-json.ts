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
