import { type EventField, eventFields, roots } from './fields.ts';

/** Every id that a rule of ours may have, whatever the configuration leaves out, but for the pattern gates. */
export function ownRuleIds(blocks: IdBlocks): ReadonlySet<number> {
  const ofFields = (eventFields as readonly EventField[]).flatMap(({ ids, events }) => [
    ...Object.values<number | null>({ ...ids }).filter((id) => id !== null),
    ...events.map(({ ruleId }) => ruleId),
  ]);
  const ofRoots = Object.values(roots).map(({ id }) => id);
  return new Set([
    ...Object.values(moveMessageRuleIds(blocks)),
    ...[...ofRoots, ...ofFields].map((id) => moveRuleId(id, blocks)),
  ]);
}

/** Is it one of those, or in the block of the pattern gates? */
export function isOwnRuleId(id: number, blocks: IdBlocks): boolean {
  return ownRuleIds(blocks).has(id) || isPatternGateId(id, blocks);
}

export function isPatternGateId(id: number, { gates }: IdBlocks): boolean {
  return id >= gates && id < gates + blockSizes.gates;
}

/**
 * Where the ids of our rules lie. An id is never renumbered and never used again for something else: those of the gates
 * of the first version, 100600-100619 and 100670-100679, are retired.
 */
export interface IdBlocks {
  /** `rules.first_id`: the hundred of the documented rules, our own messages and the first alert rules. */
  readonly first: number;
  /** `rules.block_id`: the two thousand of everything newer. */
  readonly block: number;
  /** `gates.first_id`: the ninety thousand of the pattern gates. */
  readonly gates: number;
}

/** The ids that this file and the field table name are those of an installation with these blocks. */
export const documentedBlocks: IdBlocks = { first: 100_600, block: 118_000, gates: 810_000 };

export const blockSizes = { first: 100, block: 2_000, gates: 90_000 } as const satisfies Record<
  keyof IdBlocks,
  number
>;

/** The keys of the configuration that say where a block begins. */
export const blockKeys = {
  first: 'rules.first_id',
  block: 'rules.block_id',
  gates: 'gates.first_id',
} as const satisfies Record<keyof IdBlocks, string>;

/** Stock rules above the range that Wazuh leaves to its users (0330-sysmon_rules.xml, Wazuh 4.14.7). */
export const stockIds = {
  name: 'the stock rules for old Sysmon events',
  first: 184_665,
  last: 185_013,
} as const;

/** Ids for the rules of users begin at 100,000; a block of gates is too large to fit between those and the stock rules. */
export const leastIds = { first: 100_000, block: 100_000, gates: 200_000 } as const satisfies Record<
  keyof IdBlocks,
  number
>;

/** What the two thousand are for, both ends included. The rest of them is free. */
export const blockLayout = {
  /** Rules that tell the events of a source apart before any field is looked up. */
  roots: { from: 118_000, to: 118_099 },
  listGates: { from: 118_100, to: 118_299 },
  /** Gates of the lists that hold what came since the last reload. */
  recentGates: { from: 118_300, to: 118_499 },
  /** Two for a field at most: one below its list gate, one beside its pattern gates. */
  canaryGates: { from: 118_500, to: 118_699 },
  canaryRules: { from: 118_700, to: 118_799 },
  /** Alert rules of rows that came after the first ones, and of the bands of all rows. */
  alertRules: { from: 119_000, to: 119_999 },
} as const;

/** Rules for our own messages; those of matches stand in the field table. */
const messageRuleIds = {
  message: 100_623,
  error: 100_624,
  context: 100_625,
  notConfirmed: 100_626,
  refreshFailed: 100_627,
  stale: 100_628,
  canaryContext: 100_629,
  /** Roots of these, level 0: see `roots` of the field table for the others. */
  messageRoot: 118_010,
  staleRoot: 118_011,
} as const;

export type MessageRuleIds = Readonly<Record<keyof typeof messageRuleIds, number>>;

/** The id of a rule of the tables in an installation with these blocks. */
export function moveRuleId(id: number, blocks: IdBlocks): number {
  const name = id < documentedBlocks.block ? 'first' : 'block';
  return id - documentedBlocks[name] + blocks[name];
}

export function moveMessageRuleIds(blocks: IdBlocks): MessageRuleIds {
  const moved = Object.entries(messageRuleIds).map(([name, id]) => [name, moveRuleId(id, blocks)]);
  return Object.fromEntries(moved) as MessageRuleIds;
}
