/**
 * Fields that the engine's JSON decoder makes (Wazuh 4.14.7): an array is one, an object is those of its members,
 * `""` and `{}` are none, null is one.
 */
export function countLeaves(value: unknown): number {
  if (value === '' || value === undefined) return 0;
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return 1;
  return Object.values(value).reduce<number>((sum, inner) => sum + countLeaves(inner), 0);
}
