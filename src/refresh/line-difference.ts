/** Lines that come and go. */
export interface LineDifference {
  readonly added: readonly string[];
  readonly removed: readonly string[];
}

/** Of two lists of lines, both sorted by their bytes as lists of ours are. */
export function findLineDifference(before: readonly string[], after: readonly string[]): LineDifference {
  const added: string[] = [];
  const removed: string[] = [];
  let old = 0;
  let now = 0;
  while (old < before.length || now < after.length) {
    const oldLine = before[old];
    const newLine = after[now];
    if (oldLine === newLine) {
      old += 1;
      now += 1;
    } else if (newLine === undefined || (oldLine !== undefined && oldLine < newLine)) {
      removed.push(oldLine ?? '');
      old += 1;
    } else {
      added.push(newLine);
      now += 1;
    }
  }
  return { added, removed };
}
