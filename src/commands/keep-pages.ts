import { KnownError } from '../errors.ts';
import { OpenCtiError } from '../opencti/errors.ts';
import type { ObjectStore } from '../record/object-store.ts';
import {
  createReadLogWriter,
  parseReadLog,
  type ReadLog,
  type ReadOrigin,
  type ReadPlace,
} from '../record/read-log.ts';
import { formatCount } from './format.ts';
import type { Progress } from './progress.ts';

/** Where the log of a read of everything lies while it is not complete. */
export interface ReadLogPlace {
  /** Null: there is none. */
  read(): Buffer | null;
  /** A new log in the place of the one before. @param kept bytes of that one that it begins with. */
  begin(kept: number): GrowingLog;
  remove(): void;
}

interface GrowingLog {
  append(bytes: Uint8Array): void;
  close(): void;
}

/** The log of a read that can be gone on with, or null; one that cannot be used is taken away. */
export function findBegun(place: ReadLogPlace, options: KeeperOptions): ReadLog | null {
  const file = place.read();
  if (file === null) return null;
  const begun = parseReadLog(file);
  const objection = begun === null ? 'no page of it is whole' : objectTo(begun, options);
  if (objection === null) return begun;
  options.progress.note(`a read that was cut does not go on: ${objection}`);
  place.remove();
  return null;
}

function objectTo({ origin, last }: ReadLog, { fingerprint, resumeFor, now }: KeeperOptions): string | null {
  const age = now.getTime() - last.at;
  if (resumeFor === null) return 'opencti.resume_for is off';
  if (origin.fingerprint !== fingerprint)
    return 'the version, the configuration or the platform is another one';
  if (age < 0 || origin.startedAt > now.getTime()) return 'it comes from the future; look at the clock';
  if (age >= resumeFor) return 'its last page is older than opencti.resume_for';
  return null;
}

export interface KeeperOptions {
  readonly fingerprint: string;
  /** Milliseconds; null: nothing is kept. */
  readonly resumeFor: number | null;
  /** When this run began. */
  readonly now: Date;
  readonly progress: Progress;
}

/** Writes each page behind the others, so that a run that is cut loses none. */
export interface PageKeeper {
  /** How many pages came in this run. */
  readonly pages: number;
  /** Reads with it. @throws what `read` throws; a KnownError says what is kept. */
  run<T>(read: (onPage: OnPage) => Promise<T>): Promise<T>;
}

type OnPage = (objects: ObjectStore, place: ReadPlace) => void;

/** @param begun the log to go on with; null: a new one. */
export function createPageKeeper(
  place: ReadLogPlace,
  origin: ReadOrigin,
  begun: ReadLog | null,
  { resumeFor, now, progress }: KeeperOptions,
): PageKeeper {
  const started = performance.now();
  const writer = createReadLogWriter(origin, begun);
  const keptBefore = begun?.size ?? 0;
  let log: GrowingLog | null = null;
  let isKeeping = resumeFor !== null;
  let kept = begun?.pages ?? 0;
  let pages = 0;

  function keep(objects: ObjectStore, read: ReadPlace): void {
    pages += 1;
    if (!isKeeping) return;
    try {
      // Not sooner: a read from the top takes the place of a log that it cannot use once it has a page.
      log ??= place.begin(keptBefore);
      log.append(writer.addPage(objects, { ...read, at: now.getTime() + performance.now() - started }));
      kept += 1;
    } catch (error) {
      // Behind a page that is not whole none would be found.
      isKeeping = false;
      progress.note(`pages are no longer kept, so a read that is cut loses them: ${toMessage(error)}`);
    }
  }

  return {
    get pages() {
      return pages;
    },
    async run(read) {
      try {
        return await read(keep);
      } catch (error) {
        throw kept === 0 ? error : withKept(error, kept);
      } finally {
        log?.close();
      }
    },
  };
}

function withKept(error: unknown, kept: number): unknown {
  if (!(error instanceof KnownError)) return error;
  const pages = kept === 1 ? '1 page is' : `${formatCount(kept)} pages are`;
  const text = `${error.message}; ${pages} kept, and a refresh within opencti.resume_for goes on from there`;
  if (error instanceof OpenCtiError) return new OpenCtiError(error.failure, text, error.retryAfter);
  return new KnownError(text, { exitCode: error.exitCode });
}

const toMessage = (error: unknown) => (error instanceof Error ? error.message : String(error));
