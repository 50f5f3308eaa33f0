import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { readEventFile, readEvents } from '../../src/commands/explain/events.ts';
import { KnownError } from '../../src/errors.ts';
import { makeFolder } from '../support/folder.ts';

const win = { system: { eventID: '22' }, eventdata: { queryName: 'evil.com' } };
const alert = { rule: { id: '1' }, decoder: { name: 'windows_eventchannel' }, data: { win } };
const other = { decoder: { name: 'syscheck_new_entry' }, syscheck: { sha256_after: 'ab' } };
const linux = { system: { eventId: '3' }, eventdata: { destinationIp: '31.0.0.1' } };
const json = JSON.stringify;
const read = (text: string) => readEvents(text, 'f').map((event) => JSON.parse(event.text));

test.each<[string, string, unknown[]]>([
  ['an alert', json(alert), [alert]],
  ['an alert over several lines', json(alert, null, 2), [alert]],
  ['one after a byte order mark', `\ufeff${json(alert)}\r\n`, [alert]],
  [
    'an event of archives.json',
    json({ full_log: '{}', data: { win }, decoder: {} }),
    [{ full_log: '{}', data: { win }, decoder: {} }],
  ],
  ['a document of the indexer', json({ _index: 'i', _id: 'x', _source: alert, fields: {} }), [alert]],
  [
    'the answer to a search',
    json({ took: 1, hits: { total: {}, hits: [{ _source: alert }, { _source: other }] } }),
    [alert, other],
  ],
  ['a list', json([alert, { _source: other }]), [alert, other]],
  ['one a line', `${json(alert)}\n\n${json({ _source: other })}\r\n`, [alert, other]],
  [
    'a bare event of Windows',
    json({ win }),
    [{ data: { win }, decoder: { name: 'windows_eventchannel' }, location: 'EventChannel' }],
  ],
  ['a bare event of Linux', json(linux), [{ data: linux, decoder: { name: 'sysmon-linux' } }]],
  [
    'an alert that was cut down to its data',
    json({ data: { win } }),
    [{ data: { win }, decoder: { name: 'windows_eventchannel' }, location: 'EventChannel' }],
  ],
  ['a FIM alert that was cut down', json({ syscheck: other.syscheck }), [{ syscheck: other.syscheck }]],
])('%s', (_, text, events) => {
  expect(read(text)).toEqual(events);
});

describe('anything else is an error that says what was expected', () => {
  test.each([
    ['', 'f is not an alert in JSON: it is no JSON; expected'],
    ['hello', 'f is not an alert in JSON: it is no JSON; expected'],
    ['{"win":', 'f is not an alert in JSON: it is no JSON'],
    ['"text"', 'f is not an alert in JSON: it is "text"; expected'],
    ['null', 'it is null'],
    ['[]', 'it holds no event'],
    ['{}', 'it is an empty object'],
    ['{"timestamp":"2026","queryName":"evil.com"}', 'it is an object with "timestamp", "queryName"'],
    ['{"_source":"x"}', 'it is an object with "_source"'],
    ['{"hits":{"hits":[]}}', 'it holds no event'],
    [`${json(alert)}\n{"a":1}`, 'f, line 2 is not an alert in JSON: it is an object with "a"'],
    [`${json(alert)}\nhello`, 'f, line 2 is not an alert in JSON: it is no JSON'],
    [json([alert, 7]), 'f, event 2 is not an alert in JSON: it is 7'],
  ])('%j', (text, message) => {
    const run = () => readEvents(text, 'f');
    expect(run).toThrow(KnownError);
    expect(run).toThrow(message);
    expect(run).toThrow(/with "_source".*one a line$/);
  });

  test('a file that is not there, a folder, and one that is too large', () => {
    const folder = makeFolder();
    const large = join(folder, 'large.json');
    writeFileSync(large, ' '.repeat(2 ** 24 + 1));
    expect(() => readEventFile(join(folder, 'none.json'))).toThrow(/none\.json cannot be read \(ENOENT\)/);
    expect(() => readEventFile(folder)).toThrow(/cannot be read \(EISDIR\)/);
    expect(() => readEventFile(large)).toThrow(/has 16777217 bytes; lookup reads up to 16777216/);
  });
});
