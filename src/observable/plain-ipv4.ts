import type { Reach } from './special-ranges.ts';
import { specialIpv4 } from './special-ranges.ts';

const dot = 46;
const zero = 48;
const groups = 4;
const noDigit = -1;
const tooMuch = 256;

/** The 32 bits of dotted decimals as `net.isIPv4` takes them, or null: another spelling, or no address. */
export function parsePlainIpv4(text: string): number | null {
  if (text.length > 15) return null;
  let bits = 0;
  let group = noDigit;
  let dots = 0;
  for (let at = 0; at < text.length; at += 1) {
    const code = text.charCodeAt(at);
    if (code === dot && group !== noDigit) {
      bits = bits * 256 + group;
      group = noDigit;
      dots += 1;
    } else {
      group = appendDigit(group, code - zero);
      if (group > 255) return null;
    }
  }
  return dots === groups - 1 && group !== noDigit ? bits * 256 + group : null;
}

/** More than 255 when the result is no group. A group of several digits does not begin with 0. */
function appendDigit(group: number, digit: number): number {
  if (digit < 0 || digit > 9 || group === 0) return tooMuch;
  return group === noDigit ? digit : group * 10 + digit;
}

interface Range {
  readonly first: number;
  readonly last: number;
  readonly reach: Reach;
}

let ranges: readonly Range[] | undefined;

/** What the registry says of an address; the longest prefix decides, and what is not named is global. */
export function reachOfIpv4(bits: number): Reach {
  ranges ??= specialIpv4
    .map(({ cidr, reach }) => ({ ...toRange(cidr), reach }))
    .sort((a, b) => a.last - a.first - (b.last - b.first));
  for (const { first, last, reach } of ranges) if (bits >= first && bits <= last) return reach;
  return 'global';
}

function toRange(cidr: string): { first: number; last: number } {
  const [address = '', length] = cidr.split('/');
  const first = parsePlainIpv4(address) ?? 0;
  return { first, last: first + 2 ** (32 - Number(length)) - 1 };
}
