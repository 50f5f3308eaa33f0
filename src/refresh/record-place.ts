import type { RecordPlace } from '../commands/read-with-record.ts';
import { readHeldBytes, replaceFile } from '../wazuh/manager/held-files.ts';
import type { HeldHome, HeldManager } from '../wazuh/manager/held-home.ts';

/** In the state folder of a manager. */
export const platformRecordFile = 'platform.record';

/** The state folder of a manager; undefined: only looked at, as in a dry run. */
export function toRecordPlace(manager: HeldManager | HeldHome): RecordPlace | undefined {
  if (!('state' in manager)) return undefined;
  const { state, owner } = manager;
  return {
    read: () => readHeldBytes(state, platformRecordFile),
    write: (parts) => replaceFile(state, platformRecordFile, parts, owner),
  };
}
