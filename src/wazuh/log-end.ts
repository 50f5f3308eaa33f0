import { closeSync, fstatSync, openSync, readSync } from 'node:fs';
import { join } from 'node:path';

/** Where the engine writes events as JSON: those that raised an alert, and with `logall_json` all of them. */
export const eventLogs = { alerts: 'alerts/alerts.json', archives: 'archives/archives.json' } as const;

export type EventLog = keyof typeof eventLogs;

/** Of the end of a file: thousands of events. */
const lookedAt = 16 * 2 ** 20;

/**
 * The last lines of an event log, without the canaries of the selftest, which say nothing of the site; the first one
 * may be cut. None: the file is empty, is not there or is not to be read.
 * @param home the Wazuh home.
 */
export function readLastEvents(home: string, log: EventLog): string[] {
  return readEnd(join(home, 'logs', eventLogs[log]))
    .split('\n')
    .filter((line) => line !== '' && !line.includes('opencti-selftest'));
}

function readEnd(path: string): string {
  let file: number;
  try {
    file = openSync(path, 'r');
  } catch {
    return '';
  }
  try {
    const { size } = fstatSync(file);
    const bytes = Buffer.alloc(Math.min(size, lookedAt));
    const read = readSync(file, bytes, 0, bytes.length, size - bytes.length);
    return bytes.toString('latin1', 0, read);
  } finally {
    closeSync(file);
  }
}
