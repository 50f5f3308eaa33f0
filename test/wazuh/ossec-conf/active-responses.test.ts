import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import {
  type ActiveResponses,
  findStartedResponses,
  readActiveResponses,
} from '../../../src/wazuh/ossec-conf/active-responses.ts';
import { openOssecConf } from '../../../src/wazuh/ossec-conf/read.ts';
import { makeFolder } from '../../support/folder.ts';

const commands = `  <command>
    <name>firewall-drop</name>
    <executable>firewall-drop</executable>
    <timeout_allowed>yes</timeout_allowed>
  </command>
  <command>
    <name>site-block</name>
    <executable>block.sh</executable>
  </command>
`;

/** Through the file of a manager, as the engine has it. */
function read(blocks: string): ActiveResponses {
  const home = makeFolder();
  mkdirSync(join(home, 'etc'));
  writeFileSync(join(home, 'etc/ossec.conf'), `<ossec_config>\n${commands}${blocks}\n</ossec_config>\n`);
  return readActiveResponses(openOssecConf(home));
}

const block = (options: string, command = 'firewall-drop') =>
  `<active-response><command>${command}</command><location>local</location>${options}</active-response>`;

const ours = {
  id: 118_412,
  level: 12,
  groups: ['threat_intel', 'opencti_listed', 'opencti_match', 'opencti_address'],
} as const;

test('a response is read with its command, its conditions and its line', () => {
  const written = `  <active-response>
    <disabled>no</disabled>
    <command>site-block</command>
    <location>defined-agent</location>
    <agent_id>007</agent_id>
    <level>7</level>
    <rules_group>sshd|web</rules_group>
    <rules_id>5712, 5763,31151</rules_id>
    <timeout>600</timeout>
    <repeated_offenders>30,60</repeated_offenders>
  </active-response>`;
  expect(read(written)).toEqual({
    responses: [
      {
        command: 'site-block',
        executable: 'block.sh',
        level: 7,
        rulesGroup: 'sshd|web',
        ruleIds: [5712, 5763, 31_151],
        location: 'defined-agent',
        line: 11,
      },
    ],
    isExecdOff: false,
  });
});

test('without a block there is no response', () => {
  expect(read('')).toEqual({ responses: [], isExecdOff: false });
});

test.each<[string, string]>([
  ['switched off', block('<level>1</level><disabled>yes</disabled>')],
  ['switched off and then on', block('<disabled>yes</disabled><level>1</level><disabled>no</disabled>')],
  ['of a command that is not there', block('<level>1</level>', 'Firewall-Drop')],
  ['without a command', '<active-response><location>local</location><level>1</level></active-response>'],
  [
    'without a location',
    '<active-response><command>firewall-drop</command><level>1</level></active-response>',
  ],
  [
    'in no place',
    '<active-response><command>firewall-drop</command><location>here</location><level>1</level></active-response>',
  ],
  [
    'for the manager as an agent',
    block('<level>1</level><location>defined-agent</location><agent_id>000</agent_id>'),
  ],
  ['in a comment', `<!-- ${block('<level>1</level>')} -->`],
  [
    'of another root',
    `</ossec_config><agent_config>${block('<level>1</level>')}</agent_config><ossec_config>`,
  ],
])('a response that is none: %s', (_case, written) => {
  expect(read(written).responses).toEqual([]);
});

test.each<[string, string, boolean]>([
  ['no condition', '', false],
  ['a lower level', '<level>7</level>', true],
  ['its own level', '<level>12</level>', true],
  ['a higher level', '<level>13</level>', false],
  ['level 0, which is no condition', '<level>0</level>', false],
  ['the last of two levels', '<level>7</level><level>15</level>', false],
  ['a group', '<rules_group>opencti_listed</rules_group>', true],
  ['a part of a group, in any case', '<rules_group>OPENCTI</rules_group>', true],
  ['one of several groups', '<rules_group>sshd|opencti_match</rules_group>', true],
  ['a list with commas, which is one word', '<rules_group>sshd,opencti_match</rules_group>', false],
  ['two neighbours with their comma', '<rules_group>opencti_listed,opencti_match</rules_group>', true],
  ['a class of the engine', String.raw`<rules_group>^threat_\w+,opencti</rules_group>`, true],
  ['the first group with an anchor', '<rules_group>^opencti</rules_group>', false],
  ['the end, with the comma of the file', '<rules_group>opencti_address,$</rules_group>', true],
  ['the end, without it', '<rules_group>opencti_address$</rules_group>', true],
  ['a pattern that does not compile', String.raw`<rules_group>opencti\q</rules_group>`, false],
  ['level and group, both met', '<level>7</level><rules_group>opencti</rules_group>', true],
  ['level met and group not', '<level>7</level><rules_group>sshd</rules_group>', false],
  ['group met and level not', '<level>14</level><rules_group>opencti</rules_group>', false],
  [
    'its id, whatever the others say',
    '<level>15</level><rules_group>sshd</rules_group><rules_id>118412</rules_id>',
    true,
  ],
  ['its id among others', '<rules_id>5712, ,  118412x,5763</rules_id>', true],
  ['a longer id', '<rules_id>1184123</rules_id>', false],
  ['its id after a line break, where the engine stops', '<rules_id>5712,\n118412</rules_id>', false],
  ['its id after a word, where the engine stops', '<rules_id>sshd,118412</rules_id>', false],
])('a rule starts a response with %s', (_case, options, starts) => {
  const { responses } = read(block(options));
  expect(responses).toHaveLength(1);
  expect(findStartedResponses(ours, responses)).toEqual(starts ? responses : []);
});

test('a rule of level 0 starts none, not even by its id', () => {
  const { responses } = read(block('<rules_id>118412</rules_id><rules_group>opencti</rules_group>'));
  expect(findStartedResponses({ ...ours, level: 0 }, responses)).toEqual([]);
});

test('all responses that a rule starts are found, over several roots', () => {
  const { responses } = read(
    `${block('<level>10</level>')}${block('<rules_group>sshd</rules_group>')}</ossec_config><ossec_config>${block('<rules_group>threat</rules_group>', 'site-block')}`,
  );
  const started = findStartedResponses(ours, responses);
  expect(started.map(({ executable }) => executable)).toEqual(['firewall-drop', 'block.sh']);
});

test('of two commands with one name the first counts', () => {
  const second = '<command><name>site-block</name><executable>other.sh</executable></command>';
  const { responses } = read(second + block('<level>3</level>', 'site-block'));
  expect(responses.map(({ executable }) => executable)).toEqual(['block.sh']);
});

test.each<[string, string, boolean]>([
  ['a block with nothing else', '<active-response><disabled>yes</disabled></active-response>', true],
  ['the first of two', `${block('<disabled>yes</disabled>')}${block('<disabled>no</disabled>')}`, true],
  ['the second of two', `${block('<disabled>no</disabled>')}${block('<disabled>yes</disabled>')}`, false],
  ['none', block('<level>7</level>'), false],
])('the program of the manager is switched off by the first <disabled>: %s', (_case, written, isOff) => {
  expect(read(written).isExecdOff).toBe(isOff);
});
