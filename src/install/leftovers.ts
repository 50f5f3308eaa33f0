import { dirname, join } from 'node:path';
import { absent, listFolder } from '../files/transaction.ts';
import { findLeftParts, ownPaths, toOwnFile } from '../wazuh/own-files.ts';
import { toBackupFolder } from './journal.ts';
import { type Change, isStagedName, type Machine } from './machine.ts';
import { readNativePiece } from './native-piece.ts';
import { logrotateFile, scheduleFiles } from './schedule.ts';

/** What an installation that was killed had staged, in each folder where one writes. */
export function findStagedFiles(machine: Machine): Change[] {
  const { home, etc } = machine;
  const folders = [
    ...['etc', 'etc/lists', 'etc/rules', 'etc/decoders', 'integrations', 'backup'].map((path) =>
      join(home, path),
    ),
    ...readNativePiece().map(({ path }) => join(home, 'integrations', dirname(path))),
    toBackupFolder(machine),
    join(toBackupFolder(machine), 'aside'),
    ...[...scheduleFiles, logrotateFile].map((path) => join(etc, dirname(path))),
  ];
  return [...new Set(folders)].flatMap((folder) =>
    listFolder(machine, folder)
      .filter((entry) => isStagedName(entry.name) && !entry.isDirectory())
      .map(
        ({ name }): Change => ({
          path: join(folder, name),
          to: absent,
          why: 'left by a run that was killed',
        }),
      ),
  );
}

/** What a refresh that was killed has left beside the files of the manager. */
export function toRefreshLeftovers(machine: Machine): Change[] {
  const { home } = machine;
  const names = listFolder(machine, join(home, 'etc/rules')).map(({ name }) => name);
  return [...ownPaths, ...findLeftParts(names)].flatMap((path) => {
    const file = toOwnFile(path);
    if (file === null) return [];
    return ['new', 'old'].map((end): Change => {
      const at = join(home, 'etc', file.folder, `.${file.name}.${end}~`);
      return { path: at, to: absent, why: 'left by a refresh that was killed' };
    });
  });
}
