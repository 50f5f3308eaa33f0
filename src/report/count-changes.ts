import { parseListLine } from '../wazuh/list-text.ts';

export interface Changes {
  readonly added: number;
  readonly removed: number;
  /** The keys that came in. */
  readonly addedKeys: readonly string[];
}

/** How a list changed. Both are sorted by their bytes, so one walk suffices, and neither is held; an entry is its key. */
export function countChanges(
  before: Iterable<string>,
  { lines }: { readonly lines: Iterable<string> },
): Changes {
  const addedKeys: string[] = [];
  let removed = 0;
  const old = before[Symbol.iterator]();
  const nextOld = () => {
    const { done, value } = old.next();
    return done ? null : startOf(value);
  };
  let oldStart = nextOld();
  for (const line of lines) {
    const start = startOf(line);
    while (oldStart !== null && oldStart < start) {
      removed += 1;
      oldStart = nextOld();
    }
    if (oldStart === start) oldStart = nextOld();
    else addedKeys.push(parseListLine(line)?.key ?? start);
  }
  for (; oldStart !== null; oldStart = nextOld()) removed += 1;
  return { added: addedKeys.length, removed, addedKeys };
}

/** The key with what closes it, in which the order of the lines is that of the keys. */
function startOf(line: string): string {
  return line.slice(0, line.lastIndexOf(':') + 1);
}
