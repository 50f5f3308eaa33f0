import { type HashKind, hashKinds, hexDigits } from '../observable/kinds.ts';

/** As agents and logcollector frame them, without an agent before the `->`: the manager itself (Wazuh 4.14.7). */

/** A Sysmon event as logcollector sends it from the event channel. */
export function toWindowsMessage(event: number, tag: string, text: string, token: string): string {
  const data = {
    RuleName: '-',
    UtcTime: '2026-01-01 00:00:00.000',
    ProcessId: '4',
    Image: `C:\\opencti-selftest\\${token}`,
    User: 'opencti-selftest',
    [tag]: text,
  };
  const xml =
    `<Event xmlns='http://schemas.microsoft.com/win/2004/08/events/event'><System>` +
    `<Provider Name='Microsoft-Windows-Sysmon' Guid='{5770385f-c22a-43e0-bf4c-06f5698ffbd9}'/>${toSystem(event, "'")}` +
    `<Channel>Microsoft-Windows-Sysmon/Operational</Channel><Computer>opencti-selftest</Computer>` +
    `<Security UserID='S-1-5-18'/></System><EventData>${toData(data, "'")}</EventData></Event>`;
  return `f:EventChannel:${JSON.stringify({ Message: 'opencti-selftest', Event: xml })}`;
}

/** A line of Sysmon for Linux as the system's log has it. */
export function toLinuxMessage(event: number, tag: string, text: string, token: string): string {
  const data = {
    RuleName: '-',
    UtcTime: '2026-01-01 00:00:00.000',
    ProcessId: '4',
    Image: `/opencti-selftest/${token}`,
    User: 'opencti-selftest',
    [tag]: text,
  };
  const xml =
    `<Event><System><Provider Name="Linux-Sysmon" Guid="{ff032593-a8d3-4f13-b0d6-01fc615a0f97}"/>${toSystem(event, '"')}` +
    `<Channel>Linux-Sysmon/Operational</Channel><Computer>opencti-selftest</Computer>` +
    `<Security UserId="0"/></System><EventData>${toData(data, '"')}</EventData></Event>`;
  return `1:/var/log/syslog:Jan  1 00:00:00 opencti-selftest sysmon: ${xml}`;
}

function toSystem(event: number, quote: string): string {
  return (
    `<EventID>${event}</EventID><Version>5</Version><Level>4</Level><Task>${event}</Task><Opcode>0</Opcode>` +
    `<Keywords>0x8000000000000000</Keywords><TimeCreated SystemTime=${quote}2026-01-01T00:00:00.0000000Z${quote}/>` +
    `<EventRecordID>1</EventRecordID><Correlation/><Execution ProcessID=${quote}4${quote} ThreadID=${quote}4${quote}/>`
  );
}

function toData(data: Readonly<Record<string, string>>, quote: string): string {
  return Object.entries(data)
    .map(([name, text]) => `<Data Name=${quote}${name}${quote}>${text}</Data>`)
    .join('');
}

const syscheckTypes: Readonly<Record<number, string>> = { 550: 'modified', 553: 'deleted', 554: 'added' };

/** FIM's own database gets an entry of this file, and loses it by the event `deleted`. */
export function toSyscheckMessage(
  event: number,
  hash: string,
  text: string,
  { token, file }: { readonly token: string; readonly file: string },
): string {
  const type = syscheckTypes[event] ?? 'added';
  const now = Math.floor(Date.now() / 1_000);
  const toAttributes = (hashes: Readonly<Record<HashKind, string>>) => ({
    type: 'file',
    size: 0,
    perm: 'rw-------',
    uid: '0',
    gid: '0',
    // The token: it is repeated in the alert, and nobody asks who owns the file.
    user_name: token,
    group_name: 'root',
    inode: 1,
    mtime: now,
    ...Object.fromEntries(hashKinds.map((kind) => [`hash_${kind}`, hashes[kind]])),
    checksum: token,
  });
  const none = Object.fromEntries(hashKinds.map((kind) => [kind, '0'.repeat(hexDigits[kind])]));
  const before = none as Record<HashKind, string>;
  const data = {
    path: `/opencti-selftest/${file}`,
    mode: 'realtime',
    type,
    timestamp: now,
    version: 2,
    attributes: toAttributes({ ...before, [hash]: text }),
    ...(type === 'modified' && { changed_attributes: [hash], old_attributes: toAttributes(before) }),
  };
  return `8:syscheck:${JSON.stringify({ type: 'event', data })}`;
}
