import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { openOssecConf, tryOpenOssecConf } from '../../../src/wazuh/ossec-conf/read.ts';
import { readEffectiveRuleset } from '../../../src/wazuh/ossec-conf/ruleset-files.ts';
import { makeFolder } from '../../support/folder.ts';

function makeHome(conf: string): string {
  const home = makeFolder();
  mkdirSync(join(home, 'etc/règles'), { recursive: true });
  writeFileSync(join(home, 'etc/règles/site.xml'), '<group name="site"></group>');
  writeFileSync(join(home, 'etc/ossec.conf'), conf);
  return home;
}

test('a folder whose name has other letters than ASCII is the one that is read', () => {
  const home = makeHome('<ossec_config><ruleset><rule_dir>etc/règles</rule_dir></ruleset></ossec_config>\n');
  const { rules } = readEffectiveRuleset(home, openOssecConf(home));
  expect(rules.map(({ name }) => name)).toEqual(['etc/règles/site.xml']);
});

test('one that is not there is named with what to do', () => {
  const home = makeFolder();
  expect(() => openOssecConf(home)).toThrow(
    `${home}/etc/ossec.conf cannot be read (ENOENT): is this a Wazuh manager?`,
  );
  expect(tryOpenOssecConf(home)).toBeNull();
});
