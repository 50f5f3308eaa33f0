import childProcess from 'node:child_process';
import { syncBuiltinESMExports } from 'node:module';
import net from 'node:net';

/** In a unit test nothing starts a process, and nothing serves or connects: also not what it calls in `src`. */
function refuse(): never {
  throw new Error(
    'a unit test starts a process, serves or connects: import what does so from a file of the tests',
  );
}

for (const name of ['spawn', 'spawnSync', 'exec', 'execSync', 'execFile', 'execFileSync', 'fork'] as const)
  Object.assign(childProcess, { [name]: refuse });
net.Server.prototype.listen = refuse;
net.Socket.prototype.connect = refuse;
syncBuiltinESMExports();
