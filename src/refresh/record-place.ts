import type { RecordPlace } from '../commands/read-with-record.ts';
import { readableFile, withFile } from '../files/held.ts';
import { removeName, replaceFile } from '../files/write.ts';
import type { HeldHome, HeldManager } from '../wazuh/manager/held-home.ts';

/** In the state folder of a manager. */
export const platformRecordFile = 'platform.record';
/** What earlier versions kept there of a read that was cut: up to 134 MB that this one has no use for. */
const retiredLog = 'platform.read';

/** The state folder of a manager; undefined: only looked at, as in a dry run. */
export function toRecordPlace(manager: HeldManager | HeldHome): RecordPlace | undefined {
  if (!('state' in manager)) return undefined;
  const { state, owner } = manager;
  return {
    read: (take) => withFile(state, platformRecordFile, ({ descriptor }) => take(readableFile(descriptor))),
    write: (parts) => replaceFile(state, platformRecordFile, parts, owner),
  };
}

/** Takes away what an earlier version left in the state folder. */
export function clearRetired({ state }: Pick<HeldHome, 'state'>): void {
  removeName(state, retiredLog);
}
