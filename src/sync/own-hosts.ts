import { lookup } from 'node:dns/promises';
import { isIP } from 'node:net';
import { hostname, networkInterfaces } from 'node:os';
import { setTimeout as delay } from 'node:timers/promises';
import { codeOf } from '../errors.ts';
import type { BuiltInEntry } from '../values/list-names.ts';

/** The names and addresses of the site itself, each with a note. */
export interface OwnHosts {
  readonly hosts: readonly BuiltInEntry[];
  /** Why the addresses of the platform are missing; null: they are included. */
  readonly problem: string | null;
}

/**
 * In milliseconds. The platform has already answered at that time, so its name can be resolved, unless only a proxy can
 * resolve it.
 */
const patience = 3_000;

/**
 * Returns the site's OpenCTI with the addresses to which its name resolves on this machine, and this machine. Agents
 * connect to both all day.
 * @param openctiUrl null: not known.
 * @param isOffline whether no resolver is asked.
 */
export async function findOwnHosts(openctiUrl: string | null, isOffline: boolean): Promise<OwnHosts> {
  const machine = findMachine();
  if (openctiUrl === null) return { hosts: machine, problem: null };
  const host = new URL(openctiUrl).hostname.replace(/^\[|\]$/g, '');
  const hosts = [{ text: host, note: 'it is the host of opencti.url' }, ...machine];
  if (isIP(host) !== 0) return { hosts, problem: null };
  const found = isOffline ? 'no resolver is asked' : await resolve(host);
  if (typeof found === 'string') {
    return { hosts, problem: `the addresses of ${host} (opencti.url) are not known: ${found}` };
  }
  const note = `${host} (opencti.url) leads to it`;
  return { hosts: [...found.map((text) => ({ text, note })), ...hosts], problem: null };
}

function findMachine(): BuiltInEntry[] {
  const addresses = Object.values(networkInterfaces()).flatMap((list = []) =>
    list.map(({ address }) => address.replace(/%.*$/, '')),
  );
  return [
    { text: hostname(), note: 'it is the name of this machine' },
    ...addresses.map((text) => ({ text, note: 'it is an address of this machine' })),
  ];
}

/** Returns all addresses, or why they are not known. */
async function resolve(host: string): Promise<string[] | string> {
  const late = new AbortController();
  try {
    const found = await Promise.race([
      lookup(host, { all: true }),
      delay(patience, null, { signal: late.signal, ref: false }),
    ]);
    return found?.map(({ address }) => address) ?? `no answer within ${patience / 1_000} s`;
  } catch (error) {
    return codeOf(error) ?? String(error);
  } finally {
    late.abort();
  }
}
