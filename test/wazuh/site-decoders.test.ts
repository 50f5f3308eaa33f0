import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { hasSysmonDecoder } from '../../src/wazuh/site-decoders.ts';
import { makeFolder } from '../support/cli.ts';

function makeHome(files: Readonly<Record<string, string>>): string {
  const home = makeFolder();
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(join(home, path, '..'), { recursive: true });
    writeFileSync(join(home, path), text);
  }
  return home;
}

/** As several stock decoders are: every program, and then a comparison that fails. */
const anyProgram = `<decoder name="pam"><program_name></program_name><prematch>^pam_unix|^\\(pam_unix\\)</prematch></decoder>
<decoder name="sudo"><program_name>^sudo</program_name></decoder>
<decoder name="json"><prematch>^{\\s*"</prematch></decoder>`;

const community = `<decoder name="sysmon-linux"><program_name>sysmon</program_name></decoder>
<decoder name="sysmon-linux-child"><parent>sysmon-linux</parent><regex>"DestinationIp">(\\S+)</regex><order>eventdata.DestinationIp</order></decoder>`;

const byText =
  '<decoder name="any-xml"><program_name>^sys</program_name><prematch type="pcre2">^\\x3cEvent></prematch></decoder>';

test.each<[string, boolean, Record<string, string>]>([
  ['a manager that is not there', false, {}],
  [
    'stock decoders that take any program and another text',
    false,
    { 'ruleset/decoders/0350-pam.xml': anyProgram },
  ],
  ['a community decoder', true, { 'etc/decoders/local_decoder.xml': community }],
  [
    'a decoder that takes the text',
    true,
    { 'etc/decoders/a.xml': byText, 'ruleset/decoders/0350-pam.xml': anyProgram },
  ],
  ['our own decoder from the last time', false, { 'etc/decoders/zz-opencti-decoder.xml': community }],
])('%s: %s', (_, expected, files) => {
  expect(hasSysmonDecoder(makeHome(files))).toBe(expected);
});
