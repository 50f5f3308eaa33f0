import { toPlainText } from '../plain-text.ts';

/** The result of a command: whatever is in it, it steers no terminal. */
export function printText(text: string): void {
  process.stdout.write(`${toPlainText(text)}\n`);
}
