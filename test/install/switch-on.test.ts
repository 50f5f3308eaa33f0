import { expect, test } from 'vitest';
import { parseDocument } from 'yaml';
import { addSwitches } from '../../src/commands/install/switch-on.ts';

const add = (text: string) => addSwitches(text, parseDocument(text), ['suricata', 'zeek']);

test.each([
  [
    'no section',
    'opencti:\n  url: x # ours\n',
    'opencti:\n  url: x # ours\nsources:\n  suricata: on\n  zeek: on\n',
  ],
  [
    'no line end at its end',
    'opencti:\n  url: x',
    'opencti:\n  url: x\nsources:\n  suricata: on\n  zeek: on\n',
  ],
  ['nothing but comments', '# opencti:\n', '# opencti:\nsources:\n  suricata: on\n  zeek: on\n'],
  ['nothing', '', 'sources:\n  suricata: on\n  zeek: on\n'],
  [
    'line ends of Windows',
    'log: { level: info }\r\n',
    'log: { level: info }\r\nsources:\r\n  suricata: on\r\n  zeek: on\r\n',
  ],
  [
    'other sources',
    'sources: # of this site\n    # the mail\n    logins: off # no\n\nlog: { level: info }\n',
    'sources: # of this site\n    # the mail\n    suricata: on\n    zeek: on\n    logins: off # no\n\nlog: { level: info }\n',
  ],
  [
    'a source with rows',
    'sources:\n  dns_servers:\n    rows:\n      query: on\n  # end\nlog: { level: info }\n',
    'sources:\n  suricata: on\n  zeek: on\n  dns_servers:\n    rows:\n      query: on\n  # end\nlog: { level: info }\n',
  ],
  ['a section in braces', 'sources: { logins: off }\n', 'sources: { suricata: on, zeek: on, logins: off }\n'],
  ['an empty section in braces', 'sources: {}\nlog: {}\n', 'sources: { suricata: on, zeek: on }\nlog: {}\n'],
  [
    'a section of comments',
    'sources: # seen\n  # zeek: on\nlog: {}\n',
    'sources: # seen\n  suricata: on\n  zeek: on\n  # zeek: on\nlog: {}\n',
  ],
  ['a section without anything', 'log: {}\nsources:', 'log: {}\nsources:\n  suricata: on\n  zeek: on\n'],
  ['a key without a value', 'sources:\n  zeek: # later\n', 'sources:\n  suricata: on\n  zeek: on # later\n'],
  [
    'braces around it all',
    '{ log: { level: info } }\n',
    '{ sources: { suricata: on, zeek: on }, log: { level: info } }\n',
  ],
  [
    'quoted keys',
    '"sources":\n  "logins": off\n',
    '"sources":\n  suricata: on\n  zeek: on\n  "logins": off\n',
  ],
])('a configuration with %s', (_, text, edited) => {
  expect(add(text)).toBe(edited);
});

test.each([
  ['an end of the document', 'log: {}\n...\n'],
  ['a section by an alias', 'log: &a {}\nsources: *a\n'],
  ['a section that is a list', 'sources: []\n'],
  ['a key of two lines', 'sources:\n  ? logins\n  : off\n  ? |\n    zeek\n  : off\n'],
])('one with %s is not edited', (_, text) => {
  expect(add(text)).toBeNull();
});
