import { toPlainText } from './text.ts';

/** Prints the result of a command, without the characters that could control a terminal. */
export function printText(output: Output, text: string): void {
  output.write(`${toPlainText(text)}\n`);
}

const usualPorts: Readonly<Record<string, number>> = { 'http:': 80, 'https:': 443 };

/**
 * Returns the proxy that an environment names for a URL; null when there is none. HTTPS_PROXY or HTTP_PROXY, ALL_PROXY and
 * NO_PROXY are read as curl and most programs read them: the names in lower case count first. It does not read the
 * environment of the process: the caller hands in the one that counts.
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

/**
 * Returns whether NO_PROXY names the host of a URL. Its entries are `host`, `host:port`, `.domain` and `*.domain`, between
 * commas or blanks; `*` alone is every host.
 */
function isLeftOut(target: URL, noProxy: string): boolean {
  const left = noProxy.toLowerCase();
  if (left === '*') return true;
  // An IPv6 address has brackets in `hostname`, and so it has in NO_PROXY.
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

/**
 * Where a command writes: a stream of the process, or an object of a caller in the same process that collects the
 * text.
 */
export interface Output {
  readonly isTTY?: boolean | undefined;
  /** How many characters a line of the terminal has. */
  readonly columns?: number | undefined;
  write(text: string): unknown;
}

export type Environment = Readonly<Record<string, string | undefined>>;

/**
 * All that a command gets from its caller. No command reads it from `process`, so several can run in one process at once,
 * each with an environment and output of its own. The user and the current folder are not in it, since a process has only
 * one of each. No command reads standard input.
 */
export interface Shell {
  readonly stdout: Output;
  readonly stderr: Output;
  readonly env: Environment;
  /** Returns a signal that aborts at the first SIGINT or SIGTERM, which does not end the process any more. */
  watchSignals(): AbortSignal;
}
