import { closeSync, fstatSync, openSync, readSync } from 'node:fs';
import { join } from 'node:path';

/**
 * The files into which the engine writes events as JSON: those that raised an alert, and with `logall_json` all events.
 */
export const eventLogs = { alerts: 'alerts/alerts.json', archives: 'archives/archives.json' } as const;

export type EventLog = keyof typeof eventLogs;

/** The bytes that are read from the end of a file: they hold thousands of events. */
const lookedAt = 16 * 2 ** 20;

/**
 * Returns the last lines of an event log, without the canaries of the selftest, which are no evidence about the site;
 * the first line may be incomplete. Empty: the file is empty, does not exist or cannot be read.
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
