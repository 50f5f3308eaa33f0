/**
 * A short file name for any text (FNV-1a, twice with other starts). Two texts with the same name are told apart by
 * what the file holds; `node:crypto` would cost 4 ms of start-up.
 */
export function toFileName(text: string): string {
  return [0x811c9dc5, 0x01000193].map((start) => hash(text, start).toString(16).padStart(8, '0')).join('');
}

function hash(text: string, start: number): number {
  let value = start;
  for (let index = 0; index < text.length; index += 1) {
    value = Math.imul(value ^ text.charCodeAt(index), 0x01000193);
  }
  return value >>> 0;
}
