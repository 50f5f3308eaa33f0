import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import type { SiteDecoder } from '../../src/wazuh/rules.ts';
import { findSysmonDecoder } from '../../src/wazuh/site-decoders.ts';
import { makeFolder } from '../support/folder.ts';

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

const parent = '<decoder name="sysmon-linux"><program_name>sysmon</program_name></decoder>';
const child = (regex: string, field: string) =>
  `<decoder name="sysmon-linux-child"><parent>sysmon-linux</parent><regex type="pcre2">${regex}</regex><order>${field}</order></decoder>`;
const address = child('"DestinationIp">(\\S+?)\\x3c', 'eventdata.DestinationIp');

const byText =
  '<decoder name="any-xml"><program_name>^sys</program_name><prematch type="pcre2">^\\x3cEvent></prematch></decoder>';

test.each<[string, SiteDecoder | null, Record<string, string>]>([
  ['a manager that is not there', null, {}],
  [
    'stock decoders that take any program and another text',
    null,
    { 'ruleset/decoders/0350-pam.xml': anyProgram },
  ],
  [
    'a community decoder, whose chain ours joins',
    { parent: 'sysmon-linux', child: 'sysmon-linux-child', hasChannel: false },
    { 'etc/decoders/local_decoder.xml': parent + address },
  ],
  [
    'a community decoder that reads the channel',
    { parent: 'sysmon-linux', child: 'sysmon-linux-child', hasChannel: true },
    {
      'etc/decoders/local_decoder.xml':
        parent + address + child('\\x3cChannel>([^\\x3c]+)', 'system.channel'),
    },
  ],
  [
    'a parent alone, which has no chain yet',
    { parent: 'any-xml', child: 'any-xml-opencti', hasChannel: false },
    { 'etc/decoders/a.xml': byText, 'ruleset/decoders/0350-pam.xml': anyProgram },
  ],
  ['our own decoder from the last time', null, { 'etc/decoders/zzzz-opencti-decoder.xml': parent + address }],
  ['our own decoder of the first version', null, { 'etc/decoders/zz-opencti-decoder.xml': parent + address }],
])('%s', (_, expected, files) => {
  expect(findSysmonDecoder(makeHome(files))).toEqual(expected);
});
