import { join } from 'node:path';
import { packageRoot } from '../package-root.ts';

/** How a scheduler calls this tool: its PATH is short, so both paths are whole. */
export function toCommand(): string {
  return [process.execPath, join(packageRoot(), 'bin/opencti-wazuh')].map(quote).join(' ');
}

/** For the shell; what has to be quoted is rare. */
export function quote(path: string): string {
  return /^[\w./@+-]+$/.test(path) ? path : `'${path.replaceAll("'", "'\\''")}'`;
}
