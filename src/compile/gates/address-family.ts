import { toGroup } from './alternation.ts';
import { renderDigitSet } from './digit-set.ts';

/** How a family of addresses is written: groups of bits with a separator between them. */
export interface AddressFamily {
  readonly start: string;
  readonly groupBits: number;
  readonly groups: number;
  readonly separator: string;
  /** The value of one whole group. */
  readonly formatGroup: (bits: string) => string;
  /** One group that begins with one of these bits, each 1 to `groupBits` long. */
  readonly renderBlocks: (blocks: readonly string[]) => string;
  /** What follows when `left` groups may be anything. */
  readonly renderRest: (left: number) => string;
  /** Any address of the family. */
  readonly any: string;
}

function toOctets(block: string): string[] {
  const size = 2 ** (8 - block.length);
  const first = Number.parseInt(block, 2) * size;
  return Array.from({ length: size }, (_, at) => String(first + at));
}

/** There are 510 blocks, and nearly every network ends in one that stands alone. */
const renderedBlocks = new Map<string, string>();

function renderOctets(blocks: readonly string[]): string {
  const [only = '', ...more] = blocks;
  if (more.length > 0) return renderDigitSet(blocks.flatMap(toOctets));
  const rendered = renderedBlocks.get(only) ?? renderDigitSet(toOctets(only));
  renderedBlocks.set(only, rendered);
  return rendered;
}

const anyOctet = '\\.\\d{1,3}';

/**
 * What `\d` and `\w` take beside digits is in no address, and they compile to two bytes where a class takes 33: leaves are
 * split by what they compile to.
 */
const anyDigit = '\\w';

const repeated = (count: number): string =>
  count === 0 ? '' : count === 1 ? anyDigit : `${anyDigit}{${count}}`;

function renderDigitRange(first: number, last: number): string {
  if (first === last) return first.toString(16);
  const from = first.toString(16);
  const to = last.toString(16);
  if (first <= 9 && last > 9) return `[${from}-9a-${to}]`;
  return `[${from}-${to}]`;
}

/** Digits are never padded, so the numbers from zero up have every length up to the block's own. */
function renderFromZero(freeBits: number): string[] {
  const whole = Math.floor(freeBits / 4);
  const top = 2 ** (freeBits % 4) - 1;
  if (whole === 0) return [renderDigitRange(0, top)];
  const shorter = whole === 1 ? anyDigit : `${anyDigit}{1,${whole}}`;
  return top === 0 ? [shorter] : [shorter, renderDigitRange(1, top) + repeated(whole)];
}

/** The numbers of one aligned block of a group of 16 bits, in unpadded hex. */
function renderHexBlock(block: string): string[] {
  const freeBits = 16 - block.length;
  if (!block.includes('1')) return renderFromZero(freeBits);
  const whole = Math.floor(freeBits / 4);
  const span = 2 ** (freeBits % 4);
  const leading = Number.parseInt(block, 2) * span;
  const head = leading < 16 ? '' : (leading >> 4).toString(16);
  return [head + renderDigitRange(leading & 15, (leading & 15) + span - 1) + repeated(whole)];
}

export const ipv4: AddressFamily = {
  start: '^',
  groupBits: 8,
  groups: 4,
  separator: '\\.',
  formatGroup: (bits) => String(Number.parseInt(bits, 2)),
  renderBlocks: renderOctets,
  renderRest: (left) => (left > 1 ? `(?:${anyOctet}){${left}}` : left === 1 ? anyOctet : ''),
  any: '[0-9.]+',
};

/** As a mapped address has it, too: `::ffff:192.0.2.1`. */
export const mappableIpv4: AddressFamily = { ...ipv4, start: '(?i)^(?:::ffff:)?' };

const hexGroups = {
  groupBits: 16,
  separator: ':',
  formatGroup: (bits: string) => Number.parseInt(bits, 2).toString(16),
  renderBlocks: (blocks: readonly string[]) => toGroup(blocks.flatMap(renderHexBlock)),
} as const;

export const anyGroup = '\\w{1,4}';

/** The IPv4 part of a mapped address, as two groups of hex after its fixed beginning: see `expandMapped`. */
const mappedGroups = {
  ...hexGroups,
  groups: 2,
  renderRest: (left: number) => (left === 0 ? '' : `:${anyGroup}`),
  any: `${anyGroup}:${anyGroup}`,
} as const;

export const expandedMapped: AddressFamily = { ...mappedGroups, start: '(?i)^0:0:0:0:0:ffff:' };

/** Also as RFC 5952 writes it, except for the dotted form: that is `mappableIpv4`. */
export const anyMapped: AddressFamily = { ...mappedGroups, start: '(?i)^(?:::|0:0:0:0:0:)ffff:' };

/** Both spellings go on after a separator: expanded with groups, RFC 5952 perhaps with `::`. */
export const ipv6: AddressFamily = {
  start: '(?i)^',
  ...hexGroups,
  groups: 8,
  renderRest: (left) => (left === 0 ? '' : ':[0-9a-f:]+'),
  any: '[0-9a-f:]*:[0-9a-f:]*',
};
