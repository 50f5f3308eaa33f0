import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';

export interface CliResult {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** Only what the tool may need: nothing of the developer's own settings. */
const cleanEnvironment = { PATH: process.env.PATH ?? '', HOME: '/nonexistent', WAZUH_HOME: '/nonexistent' };

export const cliPath = join(import.meta.dirname, '../../bin/opencti-wazuh');

export function startCli(
  args: readonly string[],
  environment: Readonly<Record<string, string>> = {},
): ChildProcess {
  return spawn(process.execPath, [cliPath, ...args], { env: { ...cleanEnvironment, ...environment } });
}

/** Runs the built command as a user's shell would. */
export function runCli(
  args: readonly string[],
  environment: Readonly<Record<string, string>> = {},
): Promise<CliResult> {
  return waitFor(startCli(args, environment));
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
    child.on('close', (code) => {
      const output = stdout + stderr;
      // A path through a descriptor says nothing to a person, and nothing at all when the process is gone.
      if (output.includes('/proc/self/fd/')) reject(new Error(`a path that nobody knows:\n${output}`));
      else resolve({ code, stdout, stderr });
    });
  });
}

/** An empty folder that goes with the test. */
export function makeFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'opencti-wazuh-test-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

/** Every file below a folder with its text, hidden ones too. */
export function readTree(folder: string): Record<string, string> {
  const names = readdirSync(folder, { recursive: true, encoding: 'utf8' }).sort();
  const files = names.filter((name) => statSync(join(folder, name)).isFile());
  return Object.fromEntries(files.map((name) => [name, readFileSync(join(folder, name), 'utf8')]));
}
