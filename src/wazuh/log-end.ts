import { closeSync, fstatSync, openSync, readSync } from 'node:fs';
import { join } from 'node:path';

/**
 * The files into which the engine writes events as JSON: those that raised an alert, and with `logall_json` all events.
 */
export const eventLogs = { alerts: 'alerts/alerts.json', archives: 'archives/archives.json' } as const;

export type EventLog = keyof typeof eventLogs;

/** In bytes, of the end of a file: they hold thousands of events. */
const lookedAt = 16 * 2 ** 20;

/** In bytes. What is read at once; the engine writes no line as long as this. */
const chunkSize = 2 ** 20;

/**
 * Returns the last lines of an event log, one after the other, without the canaries of the selftest, which are no
 * evidence about the site; the last one may not be complete yet. None: the file is empty, does not exist or cannot be
 * read. Bytes are read as latin1: what is looked for is ASCII.
 * @param home the Wazuh home.
 * @param most bytes of the end of the file that are looked at.
 */
export function* readLastEvents(home: string, log: EventLog, most = lookedAt): Generator<string> {
  for (const line of readEnd(join(home, 'logs', eventLogs[log]), most))
    if (line !== '' && !line.includes('opencti-selftest')) yield line;
}

function* readEnd(path: string, most: number): Generator<string> {
  let file: number;
  try {
    file = openSync(path, 'r');
  } catch {
    return;
  }
  try {
    const { size } = fstatSync(file);
    const start = Math.max(0, size - most);
    yield* splitLines(readChunks(file, start, size), start > 0);
  } finally {
    closeSync(file);
  }
}

/** What is written meanwhile is not read, and what is cut off meanwhile is not there. */
function* readChunks(file: number, start: number, end: number): Generator<string> {
  const bytes = Buffer.alloc(Math.min(chunkSize, end - start));
  for (let at = start; at < end; ) {
    const read = readSync(file, bytes, 0, Math.min(bytes.length, end - at), at);
    if (read === 0) return;
    yield bytes.toString('latin1', 0, read);
    at += read;
  }
}

/** @param isCut the first line began before the first chunk: it is left out, as is one that is longer than a chunk. */
function* splitLines(chunks: Iterable<string>, isCut: boolean): Generator<string> {
  let rest = '';
  let isPart = isCut;
  for (const chunk of chunks) {
    const lines = chunk.split('\n');
    const last = lines.pop() ?? '';
    for (const line of lines) {
      if (!isPart) yield rest + line;
      rest = '';
      isPart = false;
    }
    rest += last;
    if (rest.length > chunkSize) {
      rest = '';
      isPart = true;
    }
  }
  if (!isPart) yield rest;
}
