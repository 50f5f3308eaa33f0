import { isIPv4, isIPv6 } from 'node:net';
import ipaddr from 'ipaddr.js';

/** A network of `<srcip>` or `<dstip>`; `any` holds every address. */
export interface Network {
  readonly family: 'ipv4' | 'ipv6' | 'any';
  /** Four or sixteen bytes; what the mask leaves out is 0. */
  readonly address: readonly number[];
  readonly mask: readonly number[];
}

const ipv4Form =
  /^(?:::ffff:)?(?<address>[\d.]+)(?:\/(?<prefix>3[0-2]|[12]?\d)|\/(?<mask>\d+\.\d+\.\d+\.\d+))?$/i;
const ipv6Form = /^(?<address>[\da-f:]+)(?:\/(?<prefix>12[0-8]|1[01]\d|\d?\d))?$/i;

function toBytes(address: string): number[] {
  return ipaddr.parse(address).toByteArray();
}

function toMask(prefix: number, length: number): number[] {
  return Array.from({ length }, (_, index) => {
    const bits = Math.min(Math.max(prefix - index * 8, 0), 8);
    return 256 - 2 ** (8 - bits);
  });
}

function masked(address: readonly number[], mask: readonly number[]): number[] {
  return address.map((byte, index) => byte & (mask[index] ?? 0));
}

/**
 * The network of one element as the engine reads it, or null where it refuses the ruleset (Wazuh 4.14.7): an address
 * with or without a prefix, IPv4 with a mask too, `::` alone (`::/0` is refused), or `any`. It skips a leading `!` and
 * negates nothing for it. IPv4 in `::ffff:1.2.3.4` is IPv4.
 */
export function parseNetwork(written: string): Network | null {
  const text = written.replace(/^!/, '');
  if (text === 'any') return { family: 'any', address: [], mask: [] };
  const ipv4 = ipv4Form.exec(text)?.groups;
  if (ipv4 !== undefined) {
    const { address = '', prefix, mask: maskText } = ipv4;
    if (!isIPv4(address) || (maskText !== undefined && !isIPv4(maskText))) return null;
    const mask = maskText === undefined ? toMask(Number(prefix ?? 32), 4) : toBytes(maskText);
    return { family: 'ipv4', address: masked(toBytes(address), mask), mask };
  }
  const { address = '', prefix } = ipv6Form.exec(text)?.groups ?? {};
  if (!isIPv6(address) || (address === '::' && prefix !== undefined)) return null;
  const mask = toMask(Number(prefix ?? 128), 16);
  return { family: 'ipv6', address: masked(toBytes(address), mask), mask };
}

function isIn(value: readonly number[], address: readonly number[], mask: readonly number[]): boolean {
  return value.every((byte, index) => (byte & (mask[index] ?? 0)) === address[index]);
}

/**
 * The engine keeps an address of either family in one union and reads it as that of the event (Wazuh 4.14.7). So bytes
 * 1 to 4 of an IPv6 network are an IPv4 network to it, and bytes 5 to 8 are the mask of that.
 */
function holdsIpv4(value: readonly number[], { family, address, mask }: Network): boolean {
  return family === 'ipv6' ? isIn(value, address, address.slice(4, 8)) : isIn(value, address, mask);
}

/**
 * Of an IPv4 network with an IPv6 event it reads beyond the network: its mask is taken for bytes 5 to 8 of an
 * address, and a mask begins with eight bytes of 0. So only 0.0.0.0/0 can hold one.
 */
function holdsIpv6(value: readonly number[], { family, address, mask }: Network): boolean | undefined {
  if (family !== 'ipv4') return isIn(value, address, mask);
  return [...address, ...mask].some((byte) => byte !== 0) ? false : undefined;
}

/** Returns whether the address of an event is in one of the networks; undefined when the model cannot decide. */
export function isInNetworks(value: string, networks: readonly Network[]): boolean | undefined {
  const isVersion6 = isIPv6(value) && !value.includes('%');
  if (!isVersion6 && !isIPv4(value)) return false;
  const bytes = toBytes(value);
  const verdicts = networks.map((network) => {
    if (network.family === 'any') return true;
    return isVersion6 ? holdsIpv6(bytes, network) : holdsIpv4(bytes, network);
  });
  return verdicts.includes(true) ? true : verdicts.includes(undefined) ? undefined : false;
}

/** Whether an IPv6 network holds IPv4 addresses by accident: see `holdsIpv4`. */
export function holdsSomeIpv4({ family, address }: Network): boolean {
  if (family !== 'ipv6') return false;
  return [0, 1, 2, 3].every((index) => ((address[index] ?? 0) & ~(address[index + 4] ?? 0)) === 0);
}
