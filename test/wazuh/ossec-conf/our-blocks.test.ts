import { describe, expect, test } from 'vitest';
import {
  addOurParts,
  findOldIntegrations,
  findOurParts,
  removeOurParts,
} from '../../../src/wazuh/ossec-conf/edit.ts';
import { readOssecConf } from '../../../src/wazuh/ossec-conf/read.ts';
import { oldSites, sites } from '../../support/sites/index.ts';

const localfile = [
  '<localfile>',
  '  <log_format>full_command</log_format>',
  '  <command>/usr/bin/node /opt/x/bin/opencti-wazuh status --line</command>',
  '  <alias>opencti-wazuh</alias>',
  '</localfile>',
];
const ourLists = [
  'etc/lists/opencti-win-hashes',
  'etc/lists/opencti-win-hash',
  'etc/lists/opencti-win-destination-ip',
  'etc/lists/opencti-win-query-name',
  'etc/lists/opencti-linux-destination-ip',
  'etc/lists/opencti-fim-sha256',
  'etc/lists/opencti-fim-sha1',
  'etc/lists/opencti-fim-md5',
];
const lists = ourLists.map((path) => path.replace('etc/lists/', ''));
const additions = { lists, localfile, kept: [], withoutKey: false };
const add = (text: string) => addOurParts(text, additions, 'ossec.conf');

describe.each(Object.entries({ ...sites, ...oldSites }))('an ossec.conf %s', (_, text) => {
  const before = readOssecConf(text);
  const added = add(text);
  const after = readOssecConf(added);

  test('gets every list into the block that counts, once, and keeps its own', () => {
    expect(after.fault).toBeNull();
    expect(after.rulesets).toHaveLength(before.rulesets.length);
    expect(after.lists.filter((path) => path.includes('opencti-')).sort()).toEqual([...ourLists].sort());
    expect(after.lists.filter((path) => !path.includes('opencti-'))).toEqual(
      before.lists.filter((path) => !path.includes('opencti-')),
    );
  });

  test('gets one integration that takes the matches, and the question for the age of the lists', () => {
    const ours = after.integrations.filter(({ name }) => name === 'custom-opencti');
    expect(ours.map(({ groups, alertFormat }) => [groups, alertFormat])).toEqual([['opencti_match', 'json']]);
    const others = ({ integrations }: typeof before) =>
      integrations.filter(({ name }) => name !== 'custom-opencti').map(({ name, groups }) => [name, groups]);
    expect(others(after)).toEqual(others(before));
    expect(after.localfiles).toHaveLength(before.localfiles.length + 1);
  });

  test('is not changed by a second time, and is as before to the byte when all is taken out', () => {
    expect(add(added)).toBe(added);
    expect(removeOurParts(added, findOurParts(before), 'ossec.conf')).toBe(text);
  });

  test('has every line of before in its order', () => {
    const lines = added.split('\n');
    let at = 0;
    if (text.includes('custom-opencti') || !text.includes('\n')) return expect(added).not.toBe(text);
    for (const line of text.split('\n').filter((each) => !/<\/(?:ruleset|ossec_config)>/.test(each))) {
      at = lines.indexOf(line, at) + 1;
      expect(at, line).toBeGreaterThan(0);
    }
  });
});

test('the line of a list of the first version stays while a rule may read it, then goes, and goes with all of ours', () => {
  const text = add(sites['with a ruleset without lists'] ?? '');
  const retired = '      <list>etc/lists/opencti-linux-hashes</list>\n';
  const first = text.replace('      <list>etc/lists/opencti-fim-md5</list>\n', (line) => line + retired);
  expect(readOssecConf(first).lists).toContain('etc/lists/opencti-linux-hashes');
  expect(add(first)).toBe(first);
  expect(addOurParts(first, { ...additions, withoutRetired: true }, 'ossec.conf')).toBe(text);
  expect(removeOurParts(first, [], 'ossec.conf')).toBe(sites['with a ruleset without lists']);
});

test('what is added looks as a person would write it', () => {
  expect(add(sites['with a ruleset without lists'] ?? '')).toBe(`<ossec_config>
  <ruleset>
      <decoder_dir>ruleset/decoders</decoder_dir><rule_dir>ruleset/rules</rule_dir>
      <decoder_dir>etc/decoders</decoder_dir><rule_dir>etc/rules</rule_dir>
${ourLists.map((path) => `      <list>${path}</list>\n`).join('')}  </ruleset>
  <integration>
    <name>custom-opencti</name>
    <group>opencti_match</group>
    <alert_format>json</alert_format>
  </integration>
  <localfile>
    <log_format>full_command</log_format>
    <command>/usr/bin/node /opt/x/bin/opencti-wazuh status --line</command>
    <alias>opencti-wazuh</alias>
  </localfile>
</ossec_config>
`);
});

test('the old block keeps its place, and what it was is in a comment', () => {
  const text = oldSites['as documented'] ?? '';
  expect(add(text)).toContain(`  <integration>
     <name>custom-opencti</name>
     <!--opencti-wazuh:off <group>sysmon_event1,sysmon_event3,sysmon_event6,sysmon_event7,sysmon_event_15,sysmon_event_22,syscheck</group>-->
     <alert_format>json</alert_format>
     <api_key>REPLACE-ME-WITH-A-VALID-TOKEN</api_key>
     <hook_url>https://opencti.example/graphql</hook_url>
  <!--opencti-wazuh:instead--><group>opencti_match</group></integration>`);
  const withoutKey = addOurParts(text, { ...additions, withoutKey: true }, 'ossec.conf');
  const [block] = readOssecConf(withoutKey).integrations;
  expect(block?.element.children.map(({ name }) => name)).toEqual(['name', 'alert_format', 'group']);
  expect(removeOurParts(withoutKey, [], 'ossec.conf')).toBe(text);
});

test('old blocks are those that get other alerts than our matches', () => {
  const groups = (text = '') => findOldIntegrations(readOssecConf(text)).map((block) => block.groups);
  expect(groups(oldSites['with two blocks, one of them without groups'])).toEqual(['sysmon_event1', null]);
  expect(groups(sites['with another integration'])).toEqual([]);
});

test('a file that the engine would not read is left alone, and its line is named', () => {
  expect(() => add('<ossec_config>\n<ruleset>\n</ossec_config>\n')).toThrow(
    /^ossec\.conf:3: .*correct it first/,
  );
  expect(() => add('<ossec_config></ossec_config>')).toThrow(/no <ruleset> block with an end tag/);
  expect(() => add('<ossec_config><ruleset/></ossec_config>')).toThrow(/no <ruleset> block with an end tag/);
});

test('of two blocks with lists the second one counts; one without lists takes none away', () => {
  expect(readOssecConf(sites['with a second ruleset that has lists'] ?? '').lists).toEqual([
    'etc/lists/counts',
  ]);
  expect(readOssecConf(sites['with a second ruleset that has rules alone'] ?? '').lists).toEqual([
    'etc/lists/site',
  ]);
});

describe('the block that asks for the age of the lists', () => {
  const text = sites['indented by tabs'] ?? '';
  const moved = localfile.map((line) => line.replace('/usr/bin/node', '/opt/node-24/bin/node'));
  const addMoved = (source: string, kept: readonly string[] = []) =>
    addOurParts(source, { ...additions, localfile: moved, kept }, 'ossec.conf');

  test('gets the command of today, and nothing else changes', () => {
    const edited = add(text).replace(
      '<alias>opencti-wazuh</alias>',
      '<frequency>7200</frequency><alias>opencti-wazuh</alias>',
    );
    expect(addMoved(edited)).toBe(edited.replace('/usr/bin/node', '/opt/node-24/bin/node'));
    expect(addMoved(addMoved(edited))).toBe(addMoved(edited));
    expect(removeOurParts(addMoved(edited), [], 'ossec.conf')).toBe(text);
  });

  test('that the site had before stays as it is', () => {
    const before = add(text);
    expect(addMoved(before, findOurParts(readOssecConf(before)))).toBe(before);
  });

  test('goes where nothing refreshes any more', () => {
    const gone = addOurParts(add(text), { ...additions, localfile: [] }, 'ossec.conf');
    expect(readOssecConf(gone).localfiles).toHaveLength(readOssecConf(text).localfiles.length);
    expect(removeOurParts(gone, [], 'ossec.conf')).toBe(text);
  });
});
