import { chmodSync, chownSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { isRoot } from './home.ts';
import { type Listening, listen } from './listen.ts';

export interface ProgramAnswer {
  readonly code: number;
  readonly lines: readonly string[];
}

/** Runs a program; null when it hangs. @param environment of the program, which the processes that it starts get, too. */
export type RunProgram = (
  name: string,
  args: readonly string[],
  environment: Environment,
) => ProgramAnswer | null;

export type Environment = Readonly<Record<string, string>>;

/** A program that asks the test what to print and how to end. Its version is at the same place as in `wazuh-control`. */
const program = (socket: string, name: string, version: string) => `#!${process.execPath}
VERSION="v${version}"
const connection = require('node:net').connect(${JSON.stringify(socket)});
let text = '';
connection.end(JSON.stringify([${JSON.stringify(name)}, process.argv.slice(2), process.env]));
connection.on('data', (chunk) => { text += chunk; });
connection.on('close', () => {
  const { code, lines } = JSON.parse(text);
  for (const line of lines) console.error(line);
  process.exitCode = code;
});
`;

/** Puts stand-ins for programs of the manager into its `bin`: root's alone, as all packages make them. */
export async function installPrograms(
  home: string,
  names: readonly string[],
  version: string,
  run: RunProgram,
): Promise<Listening> {
  const socket = join(home, 'programs');
  for (const name of names) {
    const file = join(home, 'bin', name);
    writeFileSync(file, program(socket, name, version));
    chmodSync(file, 0o750);
    if (isRoot) chownSync(file, 0, 0);
  }
  const listening = await listen(socket, (connection) => {
    let text = '';
    connection.on('data', (chunk: Buffer) => {
      text += chunk.toString();
    });
    connection.on('end', () => {
      // The program was killed before it could ask.
      if (text === '') return;
      const [name, args, environment] = JSON.parse(text) as [string, string[], Environment];
      const answer = run(name, args, environment);
      if (answer !== null) connection.end(JSON.stringify(answer));
    });
  });
  chmodSync(socket, 0o777);
  return listening;
}
