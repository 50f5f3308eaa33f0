import { chmodSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:net';
import { join } from 'node:path';

export interface ProgramAnswer {
  readonly code: number;
  readonly lines: readonly string[];
}

/** Null: it hangs. */
export type RunProgram = (name: string, args: readonly string[]) => ProgramAnswer | null;

/** Asks the test what to say and how to end. */
const program = (socket: string, name: string) => `#!${process.execPath}
const connection = require('node:net').connect(${JSON.stringify(socket)});
let text = '';
connection.end(JSON.stringify([${JSON.stringify(name)}, process.argv.slice(2)]));
connection.on('data', (chunk) => { text += chunk; });
connection.on('close', () => {
  const { code, lines } = JSON.parse(text);
  for (const line of lines) console.error(line);
  process.exitCode = code;
});
`;

/** Puts stand-ins for programs of the manager into its `bin`. */
export function installPrograms(home: string, names: readonly string[], run: RunProgram): Promise<Server> {
  const socket = join(home, 'programs');
  for (const name of names) {
    const file = join(home, 'bin', name);
    writeFileSync(file, program(socket, name));
    chmodSync(file, 0o755);
  }
  const server = createServer({ allowHalfOpen: true }, (connection) => {
    let text = '';
    connection.on('error', () => {});
    connection.on('data', (chunk: Buffer) => {
      text += chunk.toString();
    });
    connection.on('end', () => {
      const [name, args] = JSON.parse(text) as [string, string[]];
      const answer = run(name, args);
      if (answer !== null) connection.end(JSON.stringify(answer));
    });
  });
  return new Promise((resolve, reject) => {
    server.on('error', reject);
    server.listen(socket, () => {
      chmodSync(socket, 0o777);
      resolve(server);
    });
  });
}
