import { join } from 'node:path';

/**
 * The environment of a command that is killed (`SIGKILL`) right before it makes a certain call for the first time.
 * @param call the function of node:fs.
 * @param name what one of its paths ends in.
 */
export function killAt(call: string, name: string): Record<string, string> {
  return {
    NODE_OPTIONS: `--import=${join(import.meta.dirname, 'fs-faults.js')}`,
    FS_FAULT_CALLS: call,
    FS_FAULT_PATH: name,
    FS_FAULT_AT: '1',
  };
}
