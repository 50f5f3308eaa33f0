import { toPlainText } from '../plain-text.ts';
import { formatCount } from './format.ts';

/** What a long run says while it runs, on standard error: standard output is for the result. */
export interface Progress {
  /** A page of rows was read. `total` is what the platform says of all rows, null when it does not. */
  read(what: string, rows: number, total: number | null): void;
  note(text: string): void;
  /** Takes an unfinished line away. */
  end(): void;
}

interface Output {
  readonly isTTY?: boolean;
  write(text: string): unknown;
}

/** One line that moves on a terminal; in a log a line a page, with the time. */
export function createProgress(output: Output, now: () => Date = () => new Date()): Progress {
  return output.isTTY ? createTerminalProgress(output) : createLogProgress(output, now);
}

const clearLine = '\r\u001b[K';

function createTerminalProgress(output: Output): Progress {
  return {
    read: (what, rows, total) => output.write(`${clearLine}${formatRead(what, rows, total)}`),
    note: (text) => output.write(`${clearLine}${toPlainText(text)}\n`),
    end: () => output.write(clearLine),
  };
}

function createLogProgress(output: Output, now: () => Date): Progress {
  const line = (text: string) => output.write(`${now().toISOString()} ${toPlainText(text)}\n`);
  return { read: (what, rows, total) => line(formatRead(what, rows, total)), note: line, end() {} };
}

function formatRead(what: string, rows: number, total: number | null): string {
  const of = total === null ? '' : ` of ${formatCount(total)}`;
  return `read ${formatCount(rows)}${of} ${what}`;
}
