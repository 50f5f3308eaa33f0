import { ConfigError } from './problems.ts';

interface Block {
  readonly name: string;
  readonly first: number;
  readonly last: number;
}

/** Stock rules above the range that Wazuh leaves to its users (0330-sysmon_rules.xml, Wazuh 4.14.7). */
const stock: Block = { name: 'the stock rules for old Sysmon events', first: 184_665, last: 185_013 };

/**
 * Of two rules with one id the engine drops the second, so that a clash would show as a value that is never matched.
 * @throws ConfigError
 */
export function checkIdBlocks(firstRule: number, firstGate: number, place: string): void {
  const rules: Block = { name: 'rules.first_id', first: firstRule, last: firstRule + 99 };
  const gates: Block = { name: 'gates.first_id', first: firstGate, last: firstGate + 99_999 };
  const pairs = [
    [rules, gates],
    [rules, stock],
    [gates, stock],
  ] as const;
  const problems = pairs.filter(([a, b]) => a.first <= b.last && b.first <= a.last).map(formatClash);
  if (problems.length > 0) throw new ConfigError(place, problems);
}

function formatClash([a, b]: readonly [Block, Block]): string {
  return `${formatBlock(a)} takes ids of ${formatBlock(b)}; choose another one`;
}

function formatBlock({ name, first, last }: Block): string {
  return `${name} (${first}-${last})`;
}
