import { type ChildProcess, spawn } from 'node:child_process';
import { join } from 'node:path';
import type { main } from '../../src/cli.ts';
import { findOpenFiles } from './open-files.ts';

export interface CliResult {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

export type CliEnvironment = Readonly<Record<string, string>>;

/** Only the variables that the tool needs, and no setting of the developer. */
const cleanEnvironment = { PATH: process.env.PATH ?? '', HOME: '/nonexistent', WAZUH_HOME: '/nonexistent' };

export const cliPath = join(import.meta.dirname, '../../bin/opencti-wazuh');
const bundlePath = join(import.meta.dirname, '../../dist/opencti-wazuh.js');

/**
 * Starts the built command as a user's shell does. It is for tests that need a process: signals, another user, limits,
 * options of Node, or the way in which it ends.
 */
export function startCli(args: readonly string[], environment: CliEnvironment = {}): ChildProcess {
  return spawn(process.execPath, [cliPath, ...args], { env: { ...cleanEnvironment, ...environment } });
}

/**
 * Runs the built command in this process, by the same bundle that users run: a process for each call would take most of
 * the time of a test. It fails when the command leaves a file open.
 */
export async function runCli(args: readonly string[], environment: CliEnvironment = {}): Promise<CliResult> {
  if (isForNode(environment)) return waitFor(startCli(args, environment));
  const run = (await import(/* @vite-ignore */ bundlePath)).main as typeof main;
  let stdout = '';
  let stderr = '';
  const leak = watchOpenFiles();
  const code = await run([process.execPath, cliPath, ...args], {
    stdout: { write: (text) => (stdout += text) },
    stderr: { write: (text) => (stderr += text) },
    env: { ...cleanEnvironment, ...environment },
    watchSignals: () => new AbortController().signal,
  });
  leak();
  return checked({ code, stdout, stderr });
}

/** Returns whether Node itself reads one of the variables when it starts. */
function isForNode(environment: CliEnvironment): boolean {
  return Object.keys(environment).some((name) => name.startsWith('NODE_'));
}

let running = 0;
let isAlone = true;

/** @returns a function that throws when more files are open than before. With several runs at once their owner is unknown. */
function watchOpenFiles(): () => void {
  running += 1;
  isAlone = running === 1;
  const before = findOpenFiles();
  return () => {
    running -= 1;
    if (!isAlone) return;
    const left = [...findOpenFiles()].filter(([descriptor, path]) => before.get(descriptor) !== path);
    if (left.length > 0)
      throw new Error(`the command has left open: ${left.map(([, path]) => path).join(', ')}`);
  };
}

export function waitFor(child: ChildProcess): Promise<CliResult> {
  let stdout = '';
  let stderr = '';
  child.stdout?.setEncoding('utf8').on('data', (text: string) => {
    stdout += text;
  });
  child.stderr?.setEncoding('utf8').on('data', (text: string) => {
    stderr += text;
  });
  return new Promise((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (code) => resolve({ code, stdout, stderr }));
  }).then((result) => checked(result as CliResult));
}

/** Checks that no message has a path through a descriptor: it means nothing to a person, least of all after the process. */
function checked(result: CliResult): CliResult {
  const output = result.stdout + result.stderr;
  if (output.includes('/proc/self/fd/')) throw new Error(`a path that nobody knows:\n${output}`);
  return result;
}
