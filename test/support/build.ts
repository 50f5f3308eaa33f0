import { execFileSync } from 'node:child_process';
import { accessSync, chmodSync, constants, mkdtempSync, rmSync, statfsSync, writeFileSync } from 'node:fs';
import { freemem, tmpdir } from 'node:os';
import { join } from 'node:path';

/**
 * Builds the bundle from the sources under test, so that tests of commands run what users run. Every folder that they make
 * is below one that is removed after the run, whatever a test has left.
 */
export function setup(): () => void {
  execFileSync(process.execPath, [join(import.meta.dirname, '../../scripts/build.js')], { stdio: 'inherit' });
  const folder = mkdtempSync(join(findMemory() ?? tmpdir(), 'opencti-wazuh-run-'));
  // Other users have to reach files in it.
  chmodSync(folder, 0o755);
  const before = process.env.TMPDIR;
  process.env.TMPDIR = folder;
  return () => {
    if (before === undefined) delete process.env.TMPDIR;
    else process.env.TMPDIR = before;
    rmSync(folder, { recursive: true, force: true });
  };
}

/** How many bytes must be free: the tests need a few hundred megabytes at a time. */
const room = 4 * 2 ** 30;

/**
 * Returns a file system in memory, if the machine has one with enough room that can run programs. A refresh waits for the
 * disk a hundred times, which is most of its time.
 */
function findMemory(): string | null {
  const folder = '/dev/shm';
  try {
    accessSync(folder, constants.W_OK);
    const { bavail, bsize } = statfsSync(folder);
    if (bavail * bsize < room || freemem() < room) return null;
    return runsPrograms(folder) ? folder : null;
  } catch {
    return null;
  }
}

function runsPrograms(folder: string): boolean {
  const own = mkdtempSync(join(folder, 'opencti-wazuh-try-'));
  try {
    writeFileSync(join(own, 'program'), '#!/bin/sh\n', { mode: 0o755 });
    execFileSync(join(own, 'program'));
    return true;
  } catch {
    return false;
  } finally {
    rmSync(own, { recursive: true });
  }
}
