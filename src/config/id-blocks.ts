import { blockSizes, type IdBlocks } from '../wazuh/rule-ids.ts';
import { ConfigError } from './problems.ts';

interface Block {
  readonly name: string;
  readonly first: number;
  readonly last: number;
}

/** Stock rules above the range that Wazuh leaves to its users (0330-sysmon_rules.xml, Wazuh 4.14.7). */
export const stockIds: Block = {
  name: 'the stock rules for old Sysmon events',
  first: 184_665,
  last: 185_013,
};

/** The keys of the configuration that say where a block begins. */
export const blockKeys = {
  first: 'rules.first_id',
  block: 'rules.block_id',
  gates: 'gates.first_id',
} as const satisfies Record<keyof IdBlocks, string>;

/**
 * Of two rules with one id the engine drops the second, so that a clash would show as a value that is never matched.
 * @throws ConfigError
 */
export function checkIdBlocks(blocks: IdBlocks, place: string): void {
  const own = (Object.keys(blockKeys) as (keyof IdBlocks)[]).map(
    (name): Block => ({
      name: blockKeys[name],
      first: blocks[name],
      last: blocks[name] + blockSizes[name] - 1,
    }),
  );
  const pairs = own.flatMap((block, at) =>
    [...own.slice(at + 1), stockIds].map((other) => [block, other] as const),
  );
  const problems = pairs.filter(([a, b]) => a.first <= b.last && b.first <= a.last).map(formatClash);
  if (problems.length > 0) throw new ConfigError(place, problems);
}

function formatClash([a, b]: readonly [Block, Block]): string {
  return `${formatBlock(a)} takes ids of ${formatBlock(b)}; choose another one`;
}

function formatBlock({ name, first, last }: Block): string {
  return `${name} (${first}-${last})`;
}
