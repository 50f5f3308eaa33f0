import { toPlainText } from '../plain-text.ts';
import type { Output } from '../shell.ts';

/** The result of a command: whatever is in it, it steers no terminal. */
export function printText(output: Output, text: string): void {
  output.write(`${toPlainText(text)}\n`);
}
