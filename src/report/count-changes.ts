import { parseListLine } from '../wazuh/list-text.ts';

export interface Changes {
  readonly added: number;
  readonly removed: number;
  /** The keys that came in. */
  readonly addedKeys: readonly string[];
}

/** How a list changed. Both are sorted by their bytes, so one walk suffices; an entry is its key. */
export function countChanges(
  before: readonly string[],
  { lines }: { readonly lines: Iterable<string> },
): Changes {
  const addedKeys: string[] = [];
  let removed = 0;
  let old = 0;
  for (const line of lines) {
    const start = startOf(line);
    while (old < before.length && startOf(before[old] ?? '') < start) {
      removed += 1;
      old += 1;
    }
    if (old < before.length && startOf(before[old] ?? '') === start) old += 1;
    else addedKeys.push(parseListLine(line)?.key ?? start);
  }
  return { added: addedKeys.length, removed: removed + before.length - old, addedKeys };
}

/** The key with what closes it, in which the order of the lines is that of the keys. */
function startOf(line: string): string {
  return line.slice(0, line.lastIndexOf(':') + 1);
}
