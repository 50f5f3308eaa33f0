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

/** What to do about messages of the engine, each step once; those that are not known have none. */
export function nextStepsOf(messages: readonly string[]): string[] {
  const numbers = messages.flatMap((message) => /\((\d{4})\):/.exec(message)?.[1] ?? []);
  return [...new Set(numbers.flatMap((number) => nextSteps[number] ?? []))];
}
