import type { XmlElement } from '../../src/wazuh/xml.ts';
import type { Report } from './problem.ts';

/** The bytes that the text of one option may have (Wazuh 4.14.7, `loadmemory`). */
export const optionLimit = 2_047;

/**
 * The text that the engine keeps of the elements of one option, which it joins; null when there is none. One of 2,048
 * bytes or more it drops, with all that it had joined before, and continues: the rule then lacks the option, and when
 * that was its condition, the rule takes any event. All that the engine says is "Maximum string size reached" (1104),
 * without the rule (Wazuh 4.14.7). A text that is joined to another one may have one byte more.
 */
export function keepText(elements: readonly XmlElement[], ruleId: number, report: Report): string | null {
  let kept: string | null = null;
  for (const { name, text, start } of elements) {
    const bytes = Buffer.byteLength(text);
    const isTooLong: boolean =
      kept === null ? bytes > optionLimit : Math.max(bytes, Buffer.byteLength(kept)) > optionLimit + 1;
    if (isTooLong) {
      const message = `the text of <${name}> has ${bytes} bytes, the engine takes ${optionLimit}: the rule would load without it`;
      report('option-too-long', start, message, ruleId);
    }
    kept = isTooLong ? null : `${kept ?? ''}${text}`;
  }
  return kept;
}
