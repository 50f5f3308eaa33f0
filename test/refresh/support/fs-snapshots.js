// Loaded ahead of the command (`--import`): copies the folders that the engine reads as they are after each call that puts
// a file in its place or takes one away. The product knows nothing of it.
import fs from 'node:fs';
import { syncBuiltinESMExports } from 'node:module';
import { join } from 'node:path';

const { FS_SNAPSHOT_OF = '', FS_SNAPSHOT_TO = '' } = process.env;
let count = 0;

for (const name of ['renameSync', 'unlinkSync']) {
  const original = fs[name];
  fs[name] = (...args) => {
    const result = original(...args);
    if (args.some((arg) => String(arg).startsWith('/proc/self/fd/'))) takeSnapshot();
    return result;
  };
}
syncBuiltinESMExports();

function takeSnapshot() {
  count += 1;
  const folder = join(FS_SNAPSHOT_TO, String(count).padStart(4, '0'));
  for (const name of ['lists', 'rules', 'decoders'])
    fs.cpSync(join(FS_SNAPSHOT_OF, name), join(folder, name), { recursive: true });
}
