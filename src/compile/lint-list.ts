import { KnownError } from '../errors.ts';
import { parseListLine, problemOfListLine } from '../wazuh/list-text.ts';
import type { CompiledList } from './lists.ts';

/**
 * Both grammars take each line, the order is that of bytes, and no key comes twice.
 * @throws KnownError that names the line.
 */
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
