import { expect, test } from 'vitest';
import { nextStepsOf } from '../../src/wazuh/engine-messages.ts';

/** As Wazuh 4.14.7 writes them to its log, and as it answers a reload. */
const messages = [
  "2026/11/24 03:00:00 wazuh-analysisd: WARNING: (7616): List 'etc/lists/opencti-fim-md5' could not be loaded. Rule '100608' will be ignored.",
  "(7617): Signature ID '199999' was not found and will be ignored in the 'if_sid' option of rule '100610'.",
  "(7619): Empty 'if_sid' value. Rule '100610' will be ignored.",
  "(7612): Rule ID '100643' is duplicated. Only the first occurrence will be considered.",
  "(7610): Group 'sysmon_event_22' was not found. Invalid 'if_group'. Rule '100603' will be ignored.",
];

test('each message that drops something of ours has a next step', () => {
  const [list, id, ids, taken, group] = messages.map((message) => nextStepsOf([message]).join());
  expect(list).toMatch(/opencti-wazuh install, and restart the manager/);
  expect(id).toMatch(/rules\.parents\.<field>\.ids/);
  expect(ids).toMatch(/rules\.parents\.<field>\.ids/);
  expect(taken).toMatch(/rules\.first_id and gates\.first_id/);
  expect(group).toMatch(/rule_exclude and rule_dir in ossec\.conf/);
});

test('a step is named once, and an unknown message has none', () => {
  const [first = ''] = messages;
  expect(nextStepsOf([first, first, '(9999): Something else.', 'no number'])).toHaveLength(1);
});
