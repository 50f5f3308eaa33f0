import type { CompiledList } from '../compile/lists.ts';

export interface Changes {
  readonly added: number;
  readonly removed: number;
}

/** How a list changed. Both are sorted by their bytes, so one walk suffices; an entry is its key. */
export function countChanges(before: readonly string[], { lines }: Pick<CompiledList, 'lines'>): Changes {
  let added = 0;
  let removed = 0;
  let old = 0;
  for (const line of lines) {
    const key = keyOf(line);
    while (old < before.length && keyOf(before[old] ?? '') < key) {
      removed += 1;
      old += 1;
    }
    if (old < before.length && keyOf(before[old] ?? '') === key) old += 1;
    else added += 1;
  }
  return { added, removed: removed + before.length - old };
}

/** The key with what closes it, in which the order of the lines is that of the keys. */
function keyOf(line: string): string {
  return line.slice(0, line.lastIndexOf(':') + 1);
}
