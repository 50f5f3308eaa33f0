import { KnownError } from '../errors.ts';
import { parseListLine, problemOfListLine } from '../wazuh/list-text.ts';
import { type CompiledList, compileLists } from './lists.ts';
import type { SelectedValue } from './selection.ts';

/** All that is to be published. Making it is pure; publishing it can only fail for reasons of the target. */
export interface Plan {
  readonly lists: readonly CompiledList[];
}

/** @throws KnownError when a list would not be accepted, so that nothing is written. */
export function compilePlan(values: readonly SelectedValue[]): Plan {
  const plan = { lists: compileLists(values) };
  for (const list of plan.lists) lintList(list);
  return plan;
}

/** Both grammars take each line, the order is that of bytes, and no key comes twice. */
export function lintList({ name, lines }: CompiledList): void {
  let previous = '';
  for (const [index, line] of lines.entries()) {
    const problem = problemOfListLine(line) ?? problemOfNeighbours(previous, line);
    if (problem !== null) {
      throw new KnownError(
        `list ${name}, line ${index + 1}: ${JSON.stringify(line)} ${problem}: nothing was written`,
      );
    }
    previous = line;
  }
}

/** In sorted lines the lines of one key stand together. */
function problemOfNeighbours(previous: string, line: string): string | null {
  if (line < previous) return 'is not in the order of bytes';
  if (parseListLine(previous)?.key === parseListLine(line)?.key) return 'has the key of the line before it';
  return null;
}
