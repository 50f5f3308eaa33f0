import { toPlainText } from './text.ts';

/** The result of a command: whatever is in it, it steers no terminal. */
export function printText(output: Output, text: string): void {
  output.write(`${toPlainText(text)}\n`);
}

const usualPorts: Readonly<Record<string, number>> = { 'http:': 80, 'https:': 443 };

/**
 * The proxy that an environment names for a URL, null for none: HTTPS_PROXY or HTTP_PROXY, ALL_PROXY, and NO_PROXY as curl
 * and most programs read them, in lower case first. No part of it reads the environment of the process: whoever calls
 * says which one counts.
 */
export function findEnvironmentProxy(url: string, environment: Environment): string | null {
  if (!URL.canParse(url)) return null;
  const target = new URL(url);
  const variable = (name: string) => environment[name] || environment[name.toUpperCase()] || '';
  const scheme = target.protocol.slice(0, -1);
  if (isLeftOut(target, variable('no_proxy'))) return null;
  const proxy = variable(`${scheme}_proxy`) || variable('all_proxy');
  if (proxy === '') return null;
  return proxy.includes('://') ? proxy : `${scheme}://${proxy}`;
}

/** `host`, `host:port`, `.domain` and `*.domain`, between commas or blanks; `*` alone is every host. */
function isLeftOut(target: URL, noProxy: string): boolean {
  const left = noProxy.toLowerCase();
  if (left === '*') return true;
  // With the brackets of an IPv6 address, which `hostname` has too.
  const host = target.hostname;
  const port = Number(target.port) || usualPorts[target.protocol];
  return left
    .split(/[,\s]+/)
    .filter((entry) => entry !== '')
    .some((entry) => {
      const [, name = entry, only] = /^(.+):(\d+)$/.exec(entry) ?? [];
      if (only !== undefined && Number(only) !== 0 && Number(only) !== port) return false;
      if (name.startsWith('*')) return host.endsWith(name.slice(1));
      return name.startsWith('.') ? host.endsWith(name) : host === name;
    });
}

/** Where a command writes: a stream of the process, or whatever a caller in the same process collects it with. */
export interface Output {
  readonly isTTY?: boolean | undefined;
  /** Characters in a line of a terminal. */
  readonly columns?: number | undefined;
  write(text: string): unknown;
}

export type Environment = Readonly<Record<string, string | undefined>>;

/**
 * All that a command has of whoever calls it. No command reads it from `process`, so several can run in one process at
 * once, each with an environment and output of its own. Not in here, since a process has it once: the user, and the
 * folder that a relative path begins in. No command reads standard input.
 */
export interface Shell {
  readonly stdout: Output;
  readonly stderr: Output;
  readonly env: Environment;
  /** From now on the first signal to stop aborts what is returned, and does not end the process. */
  watchSignals(): AbortSignal;
}
