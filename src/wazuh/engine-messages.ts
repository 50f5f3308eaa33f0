import type { SiteRule } from './site-rules.ts';

/** What the engine says when it drops a rule or a part of one, by the number of its message (Wazuh 4.14.7). */
const nextSteps: Readonly<Record<string, string>> = {
  '1226': 'mend that file: the engine reads no rule at all while one file is malformed',
  '7610': 'no rule that is loaded has a group of these: see rule_exclude and rule_dir in ossec.conf',
  '7612':
    'another file has a rule of this id: take it out, or move ours with rules.first_id, rules.block_id and gates.first_id',
  '7616': 'the list is not there or not declared: run opencti-wazuh install',
  '7617': 'no rule loaded before has this id: see rule_exclude in ossec.conf',
  '7619': 'no rule loaded before has one of these ids: see rule_exclude in ossec.conf',
};

/** A rule that the engine leaves out, or of which it leaves out a part. */
export interface Complaint {
  readonly id: number;
  /** Null: no file of the manager has such a rule. Of two with one id it is the one that loads later. */
  readonly rule: SiteRule | null;
  /** Is the whole rule left out? */
  readonly isLost: boolean;
  /** All that the engine says of it, in its words. */
  readonly messages: readonly string[];
}

/**
 * What the engine says of single rules, by their ids: it names no file (Wazuh 4.14.7).
 * @param rules of the manager, in the order in which the engine loads them.
 */
export function findComplaints(messages: readonly string[], rules: readonly SiteRule[]): Complaint[] {
  const found = new Map<number, Complaint>();
  for (const message of messages) {
    const complaint = toComplaint(message, rules);
    if (complaint === null) continue;
    const before = found.get(complaint.id) ?? { isLost: false, messages: [] };
    found.set(complaint.id, {
      ...complaint,
      isLost: complaint.isLost || before.isLost,
      messages: [...before.messages, message],
    });
  }
  return [...found.values()];
}

function toComplaint(message: string, rules: readonly SiteRule[]): Complaint | null {
  const [, doubled = null] = /\(7612\): Rule ID '(\d+)'/.exec(message) ?? [];
  const [, code, named = null] = /\((76(?:10|16|17|18|19|20))\): .*\brule '(\d+)'/i.exec(message) ?? [];
  const id = Number(doubled ?? named ?? Number.NaN);
  if (Number.isNaN(id)) return null;
  const written = rules.filter((rule) => rule.id === id);
  const rule = (doubled === null ? written[0] : written.at(-1)) ?? null;
  // Of several parents the others stay.
  return { id, rule, isLost: code !== '7617', messages: [message] };
}

export function formatComplaint({ rule, messages }: Complaint): string {
  const place = rule === null ? '' : ` (${rule.file}:${rule.line})`;
  return `${messages.map((message) => message.replace(/^WARNING: /, '')).join(' ')}${place}`;
}

/** What to do about messages of the engine, each step once; those that are not known have none. */
export function nextStepsOf(messages: readonly string[]): string[] {
  const numbers = messages.flatMap((message) => /\((\d{4})\):/.exec(message)?.[1] ?? []);
  return [...new Set(numbers.flatMap((number) => nextSteps[number] ?? []))];
}
