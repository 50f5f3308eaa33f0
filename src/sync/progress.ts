import type { Output } from '../shell.ts';
import { formatCount, toPlainText } from '../text.ts';

/** The messages of a long run while it runs, on standard error: standard output is for the result. */
export interface Progress {
  /** Reports that a page of rows was read. `total` is the platform's count of all rows, null when it gives none. */
  read(what: string, rows: number, total: number | null): void;
  note(text: string): void;
  /** Removes an unfinished line. */
  end(): void;
}

interface LogOptions {
  /** For a run that a scheduler starts: a read that ends within a minute reports nothing. */
  readonly quiet?: boolean;
  readonly now?: () => Date;
}

/**
 * Returns a progress. On a terminal it is one line that changes; in a log it reports where a read begins and ends, and
 * that a long one continues.
 */
export function createProgress(output: Output, options: LogOptions = {}): Progress {
  return output.isTTY ? createTerminalProgress(output) : createLogProgress(output, options);
}

const clearLine = '\r\u001b[K';

function createTerminalProgress(output: Output): Progress {
  return {
    read: (what, rows, total) => output.write(`${clearLine}${formatRead(what, rows, total)}`),
    note: (text) => output.write(`${clearLine}${toPlainText(text)}\n`),
    end: () => output.write(clearLine),
  };
}

const lineEvery = 60_000;

/**
 * Writes lines with the time: for the first page, then one line a minute, and for the last page. Cron sends the output
 * of a run by mail, once an hour.
 */
function createLogProgress(output: Output, { quiet = false, now = () => new Date() }: LogOptions): Progress {
  const line = (text: string) => output.write(`${now().toISOString()} ${toPlainText(text)}\n`);
  let read = { what: '', isTold: false, unsaid: '' };
  let lastLine = now().getTime();
  const end = () => {
    if (read.isTold && read.unsaid !== '') line(read.unsaid);
    read = { what: '', isTold: false, unsaid: '' };
    lastLine = now().getTime();
  };
  return {
    read(what, rows, total) {
      const isFirst = read.what !== what;
      if (isFirst && read.what !== '') end();
      const text = formatRead(what, rows, total);
      const time = now().getTime();
      const isDue = (isFirst && !quiet) || time - lastLine >= lineEvery;
      read = { what, isTold: read.isTold || isDue, unsaid: isDue ? '' : text };
      if (!isDue) return;
      lastLine = time;
      line(text);
    },
    note: line,
    end,
  };
}

function formatRead(what: string, rows: number, total: number | null): string {
  const of = total === null ? '' : ` of ${formatCount(total)}`;
  return `read ${formatCount(rows)}${of} ${what}`;
}
