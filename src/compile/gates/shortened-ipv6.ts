import { anyGroup, ipv6 } from './address-family.ts';

/**
 * RFC 5952 writes the longest run of zero groups as `::`. Where the run begins after the network part, the text
 * begins as the expanded one does. These are the other spellings: the run begins inside the network part.
 */

const { groupBits, groups } = ipv6;

interface NetworkPart {
  /** The groups that are known whole. */
  readonly known: readonly string[];
  /** The leading bits of the group after them, or none. */
  readonly block: string;
}

function toNetworkPart(prefix: string): NetworkPart {
  const whole = Math.floor(prefix.length / groupBits);
  const known = Array.from({ length: whole }, (_, index) =>
    ipv6.formatGroup(prefix.slice(index * groupBits, (index + 1) * groupBits)),
  );
  return { known, block: prefix.slice(whole * groupBits) };
}

const head = (known: readonly string[], count: number): string => `${known.slice(0, count).join(':')}::`;

/** The run reaches the end of the network part or goes on: any number of groups may follow, up to all others. */
function openRun({ known, block }: NetworkPart): string[] {
  if (block.includes('1')) return [];
  let begin = known.length;
  while (begin > 0 && known[begin - 1] === '0') begin--;
  const fixed = known.length + (block === '' ? 0 : 1);
  if (begin === fixed) return [];
  const left = groups - fixed;
  if (left === 0) return [head(known, begin)];
  return [`${head(known, begin)}(?:${anyGroup}(?::${anyGroup}){0,${left - 1}})?`];
}

function runEnd(known: readonly string[], begin: number): number {
  let end = begin;
  while (end < known.length && known[end] === '0') end++;
  return end;
}

/** The run ends inside the network part: every group after it is written, so their number tells where it ended. */
function closedRun({ known, block }: NetworkPart, begin: number): string[] {
  const end = runEnd(known, begin);
  const after = known.slice(end);
  if (block !== '') after.push(ipv6.renderBlocks([block]));
  const starts = known[begin] === '0' && known[begin - 1] !== '0';
  if (!starts || end - begin < 2 || after.length === 0) return [];
  const left = groups - end - after.length;
  return [head(known, begin) + after.join(':') + (left === 0 ? '' : `(?::${anyGroup}){${left}}`)];
}

/** Patterns without borders for the spellings of the network's addresses whose `::` begins inside its prefix. */
export function renderShortened(prefix: string): string[] {
  const part = toNetworkPart(prefix);
  return [...part.known.flatMap((_, begin) => closedRun(part, begin)), ...openRun(part)];
}
