import { existsSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { toEventOfAlert } from '../alert-event.ts';
import { evaluate } from '../evaluate.ts';
import { toEventOfMessage } from '../message-event.ts';
import type { RuleEvent } from '../rule-event.ts';
import { loadBesideStock } from './sources.ts';

const { ruleset } = loadBesideStock({});

function windowsMessage(eventId: number, data: string, level = 4): string {
  const xml =
    "<Event xmlns='http://schemas.microsoft.com/win/2004/08/events/event'><System>" +
    "<Provider Name='Microsoft-Windows-Sysmon' Guid='{5770385f}'/>" +
    `<EventID>${eventId}</EventID><Level>${level}</Level><Keywords>0x8000000000000000</Keywords>` +
    "<TimeCreated SystemTime='2026-11-20T10:00:00Z'/><Correlation/><Execution ProcessID='100' ThreadID='200'/>" +
    "<Channel>Microsoft-Windows-Sysmon/Operational</Channel><Security UserID='S-1-5-18'/></System>" +
    `<EventData>${data}</EventData></Event>`;
  return `f:[020] (WIN) 192.168.252.105->EventChannel:${JSON.stringify({ Message: 'x', Event: xml })}`;
}

function eventOf(message: string): RuleEvent {
  const event = toEventOfMessage(ruleset, message);
  if (event === null) throw new Error('no event');
  return event;
}

describe('a Windows event', () => {
  it('has the names, the doubled backslashes and the severity that the engine gives it', () => {
    const data =
      "<Data Name='Hashes'>SHA256=AB</Data><Data Name='Image'>C:\\a.exe</Data><Data Name='User'>x  </Data>" +
      "<Data Name='CommandLine'>a &amp; b</Data>";
    expect(eventOf(windowsMessage(1, data))).toEqual({
      decoder: 'windows_eventchannel',
      location: '(WIN) 192.168.252.105->EventChannel',
      hostname: 'WIN',
      fields: {
        'win.system.providerName': 'Microsoft-Windows-Sysmon',
        'win.system.providerGuid': '{5770385f}',
        'win.system.eventID': '1',
        'win.system.level': '4',
        'win.system.keywords': '0x8000000000000000',
        'win.system.systemTime': '2026-11-20T10:00:00Z',
        'win.system.processID': '100',
        'win.system.threadID': '200',
        'win.system.channel': 'Microsoft-Windows-Sysmon/Operational',
        'win.system.severityValue': 'INFORMATION',
        'win.system.message': '"x"',
        'win.eventdata.hashes': 'SHA256=AB',
        'win.eventdata.image': 'C:\\\\a.exe',
        'win.eventdata.user': 'x',
        'win.eventdata.commandLine': 'a &amp; b',
      },
    });
  });

  it('lacks what is empty, "-" or "(NULL)"', () => {
    const { fields } = eventOf(
      windowsMessage(1, "<Data Name='A'>-</Data><Data Name='B'>(NULL)</Data><Data Name='C'/>"),
    );
    expect(Object.keys(fields).filter((name) => name.startsWith('win.eventdata'))).toEqual([]);
  });

  it.each([
    [1, 61603],
    [3, 61605],
    [6, 61608],
    [7, 61609],
    [15, 61617],
    [22, 61650],
    [23, 61651],
    [24, 61652],
    [25, 61653],
    [26, 61654],
  ])('%i of Sysmon reaches its base rule', (eventId, ruleId) => {
    expect(evaluate(ruleset, eventOf(windowsMessage(eventId, ''))).path).toEqual([
      7,
      60000,
      60004,
      61600,
      ruleId,
    ]);
  });

  it('that reports an error reaches no base rule', () => {
    expect(evaluate(ruleset, eventOf(windowsMessage(1, '', 2))).path).toEqual([7, 60000, 60004]);
  });
});

describe('a FIM event', () => {
  const message = (type: string, extra: object = {}) =>
    `8:[017] (host) 192.168.252.191->syscheck:${JSON.stringify({
      type: 'event',
      data: {
        path: '/tmp/x',
        mode: 'realtime',
        type,
        attributes: { type: 'file', size: 10, hash_sha256: 'ab' },
        ...extra,
      },
    })}`;

  it.each([
    ['added', 'syscheck_new_entry', 554],
    ['modified', 'syscheck_integrity_changed', 550],
    ['deleted', 'syscheck_deleted', 553],
  ])('of a file %s', (type, decoder, ruleId) => {
    const event = eventOf(message(type));
    expect(event).toEqual({
      decoder,
      location: '(host) 192.168.252.191->syscheck',
      hostname: 'host',
      fields: {
        file: '/tmp/x',
        mode: 'realtime',
        event_type: type,
        entry_type: 'file',
        size: '10',
        sha256: 'ab',
      },
    });
    expect(evaluate(ruleset, event).fired?.id).toBe(ruleId);
  });

  // As 4.14.7 decodes them: the base rules of files never see a registry, but for the kind of old agents.
  it.each([
    ['registry_key', 'added', 'syscheck_registry_key_added', null],
    ['registry_key', 'deleted', 'syscheck_registry_key_deleted', null],
    ['registry_value', 'modified', 'syscheck_registry_value_modified', null],
    ['registry', 'added', 'syscheck_new_entry', 554],
  ])('of a %s %s', (kind, type, decoder, ruleId) => {
    const event = eventOf(
      message(type, {
        ...{
          version: 3,
          arch: '[x64]',
          value_name: 'v',
          index: 'abc',
          changed_attributes: ['size', 'sha256'],
        },
        attributes: { type: kind, hash_sha256: 'ab' },
      }),
    );
    expect(event.decoder).toBe(decoder);
    expect(event.fields).toMatchObject({
      ...{ entry_type: kind, arch: '[x64]', value_name: 'v', changed_fields: 'size,sha256', sha256: 'ab' },
    });
    expect(evaluate(ruleset, event).fired?.id ?? null).toBe(ruleId);
  });

  it('keeps the hash from before apart', () => {
    const { fields } = eventOf(message('modified', { old_attributes: { hash_sha256: '00' } }));
    expect(fields).toMatchObject({ sha256: 'ab', sha256_before: '00' });
  });

  it.each([
    '8:[017] (host) any->syscheck:{"type":"scan_end","data":{}}',
    '8:[017] (host) any->syscheck:{"type":"event","data":{"type":"renamed"}}',
    '8:[017] (host) any->syscheck:no json',
    // The engine takes no event without a kind, or of another one.
    '8:[017] (host) any->syscheck:{"type":"event","data":{"type":"added","path":"/x","attributes":{}}}',
    '8:[017] (host) any->syscheck:{"type":"event","data":{"type":"added","path":"/x","attributes":{"type":"socket"}}}',
    '8:[017] (host) any->syscheck:{"type":"event","data":{"type":"added","attributes":{"type":"file"}}}',
    '8:[017] (host) any->syscheck:{"type":"event","data":{"type":"added","path":"x","version":3,"attributes":{"type":"registry_key"}}}',
    'f:[017] (host) any->EventChannel:no json',
    'p:[017] (host) any->sca:{}',
    'nothing',
  ])('is not made of %s', (text) => {
    expect(toEventOfMessage(ruleset, text)).toBeNull();
  });
});

describe('an alert', () => {
  const agent = { id: '017', name: 'host', ip: '10.1.2.3' };

  it('of FIM has the names of rules again', () => {
    const syscheck = {
      path: '/tmp/x',
      sha256_after: 'ab',
      sha256_before: '00',
      event: 'modified',
      mode: 'realtime',
    };
    expect(
      toEventOfAlert({
        agent,
        syscheck,
        decoder: { name: 'syscheck_integrity_changed' },
        location: 'syscheck',
      }),
    ).toEqual({
      decoder: 'syscheck_integrity_changed',
      location: '(host) 10.1.2.3->syscheck',
      hostname: 'host',
      fields: { file: '/tmp/x', sha256: 'ab', sha256_before: '00', event_type: 'modified', mode: 'realtime' },
    });
  });

  it('has its fields flat, its program and its log', () => {
    expect(
      toEventOfAlert({
        agent: { id: '000', name: 'manager' },
        predecoder: { program_name: 'sysmon' },
        decoder: { name: 'sysmon-linux' },
        data: { system: { eventId: '3' }, eventdata: { destinationIp: '1.2.3.4' } },
        full_log: 'text',
        location: '/var/log/syslog',
      }),
    ).toEqual({
      decoder: 'sysmon-linux',
      programName: 'sysmon',
      location: '/var/log/syslog',
      log: 'text',
      fields: { 'system.eventId': '3', 'eventdata.destinationIp': '1.2.3.4' },
    });
  });

  it('of an agent without a fixed address says any', () => {
    const alert = { agent: { id: '017', name: 'host' }, decoder: { name: 'json' }, location: 'opencti' };
    expect(toEventOfAlert(alert)?.location).toBe('(host) any->opencti');
  });

  it.each([null, 'text', [], {}, { decoder: {} }, { decoder: { name: 5 } }])('is not %j', (value) => {
    expect(toEventOfAlert(value)).toBeNull();
  });
});

const samples = new URL('../../../../shared/events/', import.meta.url);

describe.skipIf(!existsSync(samples))('the samples of the real engine', () => {
  const messages = existsSync(samples)
    ? readFileSync(new URL('engine-messages.jsonl', samples), 'utf8')
        .trim()
        .split('\n')
        .map((line): { name: string; message: string } => JSON.parse(line))
    : [];
  const windows = messages.filter(({ name }) => name.startsWith('sysmon'));
  const fim = messages.filter(({ name }) => name.startsWith('syscheck'));
  const alertOf = (name: string) =>
    toEventOfAlert(JSON.parse(readFileSync(new URL(`${name}.json`, samples), 'utf8')));

  it('are all there', () => {
    expect([windows.length, fim.length]).toEqual([19, 3]);
  });

  it.each(windows)('$name is the same event from its message and from its alert', ({ name, message }) => {
    expect(eventOf(message)).toEqual(alertOf(name));
  });

  it.each(fim)('$name has the same hashes and decoder from both', ({ name, message }) => {
    const [made, read] = [eventOf(message), alertOf(name)];
    const pick = ({ fields: { file, sha256, sha1, md5, sha256_before } }: RuleEvent) => ({
      file,
      sha256,
      sha1,
      md5,
      sha256_before,
    });
    expect(read && pick(read)).toEqual(pick(made));
    expect(read?.decoder).toBe(made.decoder);
    expect(read?.location).toBe(made.location);
  });
});
