import { describe, expect, test } from 'vitest';
import { documentedBlocks } from '../../src/wazuh/rule-ids.ts';
import { renderRuleFiles } from '../../src/wazuh/rules.ts';
import { evaluate } from '../engine-model/evaluate.ts';
import { toEventOfMessage } from '../engine-model/message-event.ts';
import { loadBesideStock } from '../engine-model/tests/sources.ts';
import { openOpenCti } from '../support/opencti.ts';
import { builtInFields } from '../support/plan-options.ts';
import { createListedManager, nameAlert, withName } from './support/listed.ts';

const files = renderRuleFiles({
  fields: builtInFields,
  blocks: documentedBlocks,
  level: { hash: 14, address: 12, name: 12 },
  linuxDecoder: 'none',
  patterns: { hashes: true, domains: true, cidr: true },
  gates: new Map(),
});
const { ruleset } = loadBesideStock(Object.fromEntries(files.map(({ path, text }) => [path, text])));

/** The rule that the engine's model fires for what a run sends. */
function fire(message = '') {
  const event = toEventOfMessage(ruleset, message);
  if (event === null) throw new Error(`no event: ${message}`);
  return evaluate(ruleset, event).fired;
}

describe('what is sent raises the documented rule', () => {
  test('100625 for an object of OpenCTI', async () => {
    const server = await openOpenCti();
    const { messages } = await createListedManager({ url: server.url }).run(nameAlert);
    expect(fire(messages[0])).toMatchObject({
      id: 100_625,
      level: 12,
      description: 'OpenCTI - IoC found in Threat Intel - sazoya.com',
      groups: ['threat_intel', 'opencti', 'opencti_alert'],
    });
  });

  test('100624 for a failure', async () => {
    const server = await openOpenCti();
    server.faults.add({ kind: 'error', code: 'DATABASE_ERROR' });
    const { messages } = await createListedManager({ url: server.url }).run(nameAlert);
    expect(fire(messages[0])).toMatchObject({
      id: 100_624,
      level: 5,
      description: 'OpenCTI - Error connecting to API',
      groups: ['threat_intel', 'opencti', 'opencti_error'],
    });
  });

  test('100626 for a value that OpenCTI does not confirm', async () => {
    const server = await openOpenCti({ documented: false });
    const { messages } = await createListedManager({ url: server.url }).run(withName('a.sazoya.com'));
    expect(fire(messages[0])).toMatchObject({
      id: 100_626,
      level: 3,
      description: 'OpenCTI - listed value not confirmed by OpenCTI - a.sazoya.com',
      groups: ['threat_intel', 'opencti', 'opencti_not_confirmed'],
    });
  });
});
