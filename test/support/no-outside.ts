import childProcess from 'node:child_process';
import { syncBuiltinESMExports } from 'node:module';
import net from 'node:net';

/** Refuses a call that starts a process, a server or a connection: a unit test does not, nor the code of `src` that it calls. */
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
