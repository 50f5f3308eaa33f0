// Loaded ahead of the command (`--import`): counts what it does to the file system through descriptors, and at one
// of these calls kills the process or lets the call fail. The product knows nothing of it.
import fs from 'node:fs';
import { syncBuiltinESMExports } from 'node:module';

const { FS_FAULT_AT, FS_FAULT_CODE, FS_FAULT_CALLS, FS_FAULT_PATH = '', FS_FAULT_LOG } = process.env;
const at = Number(FS_FAULT_AT ?? Number.POSITIVE_INFINITY);
const names = new Set((FS_FAULT_CALLS ?? '').split(',').filter((name) => name !== ''));
let count = 0;

/** Calls that change nothing leave the same disk behind as the call before. */
function changesNothing(name, [path]) {
  return name === 'unlinkSync' && fs.lstatSync(path, { throwIfNoEntry: false }) === undefined;
}

/** Is it about a file of the manager? A path through a descriptor, or an open descriptor. */
function isOurs(args) {
  return args.some((arg) => typeof arg === 'number' || String(arg).startsWith('/proc/self/fd/'));
}

/** Does one of the paths end in the one that is meant? */
function isMeant(args) {
  return FS_FAULT_PATH === '' || args.some((arg) => String(arg).endsWith(FS_FAULT_PATH));
}

function meet(name, args) {
  if (!isOurs(args) || !isMeant(args) || (names.size > 0 && !names.has(name)) || changesNothing(name, args))
    return;
  count += 1;
  if (FS_FAULT_LOG) fs.appendFileSync(FS_FAULT_LOG, `${count} ${name} ${args[0]}\n`);
  if (count !== at) return;
  if (!FS_FAULT_CODE) process.kill(process.pid, 'SIGKILL');
  // As the system words it, with the path that it was given.
  const [path] = args;
  const place = typeof path === 'string' ? { path } : {};
  throw Object.assign(new Error(`${FS_FAULT_CODE}: made to fail, ${name}${place.path ? ` '${path}'` : ''}`), {
    code: FS_FAULT_CODE,
    syscall: name,
    ...place,
  });
}

const watched = [
  'writeFileSync',
  'fchmodSync',
  'fchownSync',
  'futimesSync',
  'fsyncSync',
  'linkSync',
  'renameSync',
  'unlinkSync',
  'mkdirSync',
  'rmdirSync',
  'symlinkSync',
];
for (const name of watched) {
  const original = fs[name];
  fs[name] = (...args) => {
    meet(name, args);
    return original(...args);
  };
}

syncBuiltinESMExports();
