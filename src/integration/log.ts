import { appendFileSync } from 'node:fs';
import { join } from 'node:path';
import { toExcerpt } from '../opencti/excerpt.ts';

export interface LogLine {
  /** The observed value, or empty. */
  readonly value: string;
  readonly outcome: string;
  readonly ms: number;
  /** What else is to be known, as sentences. */
  readonly notes: readonly string[];
}

/** `2026-11-24T03:04:35.112Z custom-opencti value="sazoya.com" outcome="found, sent" ms=132`. */
export function formatLogLine({ value, outcome, ms, notes }: LogLine, now: Date): string {
  const parts = [
    now.toISOString(),
    'custom-opencti',
    `value=${quote(value)}`,
    `outcome=${quote(outcome)}`,
    `ms=${Math.round(ms)}`,
    ...(notes.length > 0 ? [`note=${JSON.stringify(notes.map((note) => toExcerpt(note)).join('; '))}`] : []),
  ];
  return `${parts.join(' ')}\n`;
}

/** Event fields and answers are foreign: one line, no control characters. Each note has its own limit. */
function quote(text: string): string {
  return JSON.stringify(toExcerpt(text));
}

/** Appends to the project's log, in one write, since several runs may; where it cannot, to stderr. */
export function writeLog(home: string, line: string): void {
  try {
    appendFileSync(join(home, 'logs/opencti-wazuh.log'), line, { mode: 0o660 });
  } catch {
    process.stderr.write(line);
  }
}
