import { allFields, customRuleIds, roots } from './fields.ts';

/**
 * Returns every id that a rule of ours may have, whatever the configuration leaves out, except those of the pattern
 * gates.
 */
export function ownRuleIds(blocks: IdBlocks): ReadonlySet<number> {
  const ofFields = allFields.flatMap(({ ids, events }) => [
    ...Object.values<number | null>({ ...ids }),
    ...events.flatMap(({ ruleId, burstRuleId, afterFailuresRuleId }) => [
      ruleId,
      burstRuleId,
      afterFailuresRuleId,
    ]),
  ]);
  const ofRoots = Object.values(roots).map(({ id }) => id);
  return new Set([
    ...Object.values(moveMessageRuleIds(blocks)),
    ...[...ofRoots, ...ofFields, ...customRuleIds]
      .filter((id) => typeof id === 'number')
      .map((id) => moveRuleId(id, blocks)),
  ]);
}

/** Returns whether an id is one of `ownRuleIds`, or in the block of the pattern gates. */
export function isOwnRuleId(id: number, blocks: IdBlocks): boolean {
  return ownRuleIds(blocks).has(id) || isPatternGateId(id, blocks);
}

export function isPatternGateId(id: number, { gates }: IdBlocks): boolean {
  return id >= gates && id < gates + blockSizes.gates;
}

/**
 * The first ids of the blocks of our rules. An id is never renumbered and never used again for something else: those of
 * the gates of the first version, 100600-100619 and 100670-100679, are retired.
 */
export interface IdBlocks {
  /** `rules.first_id`: the 100 ids of the documented rules, of our own messages and of the first alert rules. */
  readonly first: number;
  /** `rules.block_id`: the 2,000 ids of everything newer. */
  readonly block: number;
  /** `gates.first_id`: the 90,000 ids of the pattern gates. */
  readonly gates: number;
}

/** The blocks of the ids in this file and in the field table. */
export const documentedBlocks: IdBlocks = { first: 100_600, block: 118_000, gates: 810_000 };

export const blockSizes = { first: 100, block: 2_000, gates: 90_000 } as const satisfies Record<
  keyof IdBlocks,
  number
>;

/** The keys of the configuration for the first id of each block. */
export const blockKeys = {
  first: 'rules.first_id',
  block: 'rules.block_id',
  gates: 'gates.first_id',
} as const satisfies Record<keyof IdBlocks, string>;

/** The stock rules above the range that Wazuh leaves to its users (0330-sysmon_rules.xml, Wazuh 4.14.7). */
export const stockIds = {
  name: 'the stock rules for old Sysmon events',
  first: 184_665,
  last: 185_013,
} as const;

/**
 * The least ids of the blocks. Ids for the rules of users begin at 100,000; a block of gates is too large to fit
 * between those and the stock rules.
 */
export const leastIds = { first: 100_000, block: 100_000, gates: 200_000 } as const satisfies Record<
  keyof IdBlocks,
  number
>;

/** The use of the 2,000 ids, both ends included. The rest of them is free. */
export const blockLayout = {
  /** Rules that separate the events of a source before any lookup of a field. */
  roots: { from: 118_000, to: 118_099 },
  listGates: { from: 118_100, to: 118_299 },
  /** Gates of the lists that hold the values since the last reload. */
  recentGates: { from: 118_300, to: 118_499 },
  /** At most two for a field: a child of its list gate, and a sibling of its pattern gates. */
  canaryGates: { from: 118_500, to: 118_699 },
  canaryRules: { from: 118_700, to: 118_799 },
  /** Alert rules of rows that were added after the first ones, and of the bands of all rows. */
  alertRules: { from: 119_000, to: 119_999 },
} as const;

/** The rules for our own messages; those of matches are in the field table. */
const messageRuleIds = {
  message: 100_623,
  error: 100_624,
  context: 100_625,
  notConfirmed: 100_626,
  refreshFailed: 100_627,
  stale: 100_628,
  canaryContext: 100_629,
  /** The roots of these rules, level 0: see `roots` of the field table for the other roots. */
  messageRoot: 118_010,
  staleRoot: 118_011,
} as const;

export type MessageRuleIds = Readonly<Record<keyof typeof messageRuleIds, number>>;

/** Returns the id that a rule of the tables has in an installation with these blocks. */
export function moveRuleId(id: number, blocks: IdBlocks): number {
  const name = id < documentedBlocks.block ? 'first' : 'block';
  return id - documentedBlocks[name] + blocks[name];
}

export function moveMessageRuleIds(blocks: IdBlocks): MessageRuleIds {
  const moved = Object.entries(messageRuleIds).map(([name, id]) => [name, moveRuleId(id, blocks)]);
  return Object.fromEntries(moved) as MessageRuleIds;
}
