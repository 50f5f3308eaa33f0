/** An object of foreign JSON. */
export type JsonObject = Readonly<Record<string, unknown>>;

export function isJsonObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** Returns the nodes of `{ edges: [ { node } ] }`, or of the plain list that newer releases have instead. */
export function readNodes(value: unknown): readonly JsonObject[] {
  if (Array.isArray(value)) return value.filter(isJsonObject);
  const edges = isJsonObject(value) && Array.isArray(value.edges) ? value.edges : [];
  return edges.map((edge) => (isJsonObject(edge) ? edge.node : null)).filter(isJsonObject);
}

export function toText(value: unknown): string | null {
  return typeof value === 'string' ? value : null;
}
