import type { RecordPlace } from '../commands/read-with-record.ts';
import { type HeldFolder, readableFile, readHeldBytes, statName, withFile } from '../files/held.ts';
import { beginFile, removeName, replaceFile } from '../files/write.ts';
import type { HeldHome, HeldManager } from '../wazuh/manager/held-home.ts';

/** In the state folder of a manager. */
export const platformRecordFile = 'platform.record';
/** What a read of everything has so far; gone when it is complete. */
const logName = 'platform.read';

/** The state folder of a manager; undefined: only looked at, as in a dry run. */
export function toRecordPlace(manager: HeldManager | HeldHome): RecordPlace | undefined {
  if (!('state' in manager)) return undefined;
  const { state, owner } = manager;
  return {
    read: (take) => withFile(state, platformRecordFile, ({ descriptor }) => take(readableFile(descriptor))),
    write: (parts) => replaceFile(state, platformRecordFile, parts, owner),
    log: {
      read: () => readHeldBytes(state, logName),
      begin: (kept) => {
        const before = kept > 0 && readHeldBytes(state, logName);
        return beginFile(state, logName, before ? before.subarray(0, kept) : Buffer.alloc(0), owner);
      },
      remove: () => void removeName(state, logName),
    },
  };
}

/** When the last page came of a read that is not complete: one that runs, or that was cut. Null: there is none. */
export function findLastPage(state: HeldFolder): Date | null {
  return statName(state, logName)?.mtime ?? null;
}
