import { expect, test } from 'vitest';
import { nextStepsOf } from '../../src/wazuh/engine/ask.ts';

/** As Wazuh 4.14.7 writes them to its log, and as it answers a reload. */
const messages = [
  "2026/11/24 03:00:00 wazuh-analysisd: WARNING: (7616): List 'etc/lists/opencti-fim-md5' could not be loaded. Rule '118107' will be ignored.",
  "(7617): Signature ID '7' was not found and will be ignored in the 'if_sid' option of rule '118000'.",
  "(7619): Empty 'if_sid' value. Rule '118000' will be ignored.",
  "(7612): Rule ID '100643' is duplicated. Only the first occurrence will be considered.",
  "(7610): Group 'octgate_win_query' was not found. Invalid 'if_group'. Rule '100649' will be ignored.",
];

test('each message that drops something of ours has a next step', () => {
  const [list, id, ids, taken, group] = messages.map((message) => nextStepsOf([message]).join());
  expect(list).toMatch(/run opencti-wazuh install$/);
  expect(id).toMatch(/rule_exclude in ossec\.conf/);
  expect(ids).toMatch(/rule_exclude in ossec\.conf/);
  expect(taken).toMatch(/rules\.first_id, rules\.block_id and gates\.first_id/);
  expect(group).toMatch(/rule_exclude and rule_dir in ossec\.conf/);
});

test('a step is named once, and an unknown message has none', () => {
  const [first = ''] = messages;
  expect(nextStepsOf([first, first, '(9999): Something else.', 'no number'])).toHaveLength(1);
});
