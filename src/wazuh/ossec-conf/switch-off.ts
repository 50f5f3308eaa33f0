import { KnownError } from '../../errors.ts';

/** Parts of a file that are switched off are comments that say whose they are; to the byte, `switchOn` is the way back. */
const opening = '<!--opencti-wazuh:off ';
const closing = '-->';
/** Behind it stands what this project put into the block, up to the block's end tag. */
const insteadMark = '<!--opencti-wazuh:instead-->';

/**
 * A text as comments: the engine's comments do not nest and end at `-->` or `!>` (Wazuh 4.14.7), so comments within
 * the text stay what they are, and what lies around each becomes a comment of its own.
 * @throws KnownError when the text cannot stand in a comment.
 */
export function switchOff(text: string, place: string): string {
  const parts = text.split(/(<!(?:[\s\S]*?)(?:-->|!>))/);
  const off = parts.map((part, index) => {
    if (index % 2 === 1 || part === '') return part;
    if (/-->|!>|--$|!$/.test(part))
      throw new KnownError(
        `${place} holds "-->" or "!>" outside of a comment and cannot be commented out: take it out by hand`,
        { exitCode: 2 },
      );
    return `${opening}${part}${closing}`;
  });
  return off.join('');
}

/** Elements that take the place of what is switched off; they stand directly before an end tag. */
export function putInstead(elements: readonly string[]): string {
  return insteadMark + elements.join('');
}

/** Gives back all that was switched off, and takes away what was put in its place. */
export function switchOn(text: string): string {
  return text
    .replace(new RegExp(`${insteadMark}[\\s\\S]*?(?=</integration>)`, 'g'), '')
    .replace(new RegExp(`${opening}([\\s\\S]*?)${closing}`, 'g'), '$1');
}

export function hasSwitchedOff(text: string): boolean {
  return text.includes(opening);
}
