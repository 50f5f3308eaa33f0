import { readXml, type XmlElement } from '../xml.ts';
import { removeElement, type TextEdit } from './edit-text.ts';

/**
 * Gives the blocks that ask for the age of the lists the command of today: Node or the tool may have moved since. What a
 * person has changed around it, the frequency say, stays.
 * @param lines of the block as it is written anew; none: it has no business here any more, as on a worker.
 */
export function renewLocalfiles(
  source: string,
  blocks: readonly XmlElement[],
  lines: readonly string[],
): TextEdit[] {
  if (lines.length === 0) return blocks.map((block) => removeElement(source, block));
  const text = lines.join('\n');
  const command = contentOf(text, findCommands(readXml(text).roots)[0]);
  return findCommands(blocks)
    .filter((element) => contentOf(source, element) !== command)
    .map(({ contentStart, contentEnd }) => ({ start: contentStart, end: contentEnd, text: command }));
}

function findCommands(blocks: readonly XmlElement[]): XmlElement[] {
  return blocks.flatMap(({ children }) => children.filter(({ name }) => name === 'command'));
}

function contentOf(source: string, element: XmlElement | undefined): string {
  return element === undefined ? '' : source.slice(element.contentStart, element.contentEnd);
}
