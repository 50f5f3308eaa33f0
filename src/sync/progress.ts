import type { Output } from '../shell.ts';
import { formatCount, toPlainText } from '../text.ts';

/** What a long run says while it runs, on standard error: standard output is for the result. */
export interface Progress {
  /** A page of rows was read. `total` is what the platform says of all rows, null when it does not. */
  read(what: string, rows: number, total: number | null): void;
  note(text: string): void;
  /** Takes an unfinished line away. */
  end(): void;
}

interface LogOptions {
  /** Of a run that a scheduler starts: a read that is done within a minute says nothing. */
  readonly quiet?: boolean;
  readonly now?: () => Date;
}

/** One line that moves on a terminal; in a log where a read began and ended, and that a long one goes on. */
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

/** With the time: the first page, a line a minute and the last page. Cron mails what a run says, once an hour. */
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
