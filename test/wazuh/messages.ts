/** Messages of the engine's queue in the true format, with the parts that a test is about. */

type Data = Readonly<Record<string, string>>;

const named = (data: Data, quote: string) =>
  Object.entries(data)
    .map(([name, value]) => `<Data Name=${quote}${name}${quote}>${value}</Data>`)
    .join('');

/** An event of Sysmon as the agent of a Windows host sends it. */
export function sysmonMessage(event: number, data: Data): string {
  const system =
    "<Provider Name='Microsoft-Windows-Sysmon' Guid='{5770385f-c22a-43e0-bf4c-06f5698ffbd9}'/>" +
    `<EventID>${event}</EventID><Version>5</Version><Level>4</Level><Task>${event}</Task><Opcode>0</Opcode>` +
    "<Keywords>0x8000000000000000</Keywords><TimeCreated SystemTime='2026-11-20T10:00:00.0000000Z'/>" +
    "<EventRecordID>31</EventRecordID><Correlation/><Execution ProcessID='100' ThreadID='200'/>" +
    '<Channel>Microsoft-Windows-Sysmon/Operational</Channel><Computer>WIN-7</Computer>' +
    "<Security UserID='S-1-5-18'/>";
  const xml =
    "<Event xmlns='http://schemas.microsoft.com/win/2004/08/events/event'>" +
    `<System>${system}</System><EventData>${named({ RuleName: '-', ...data }, "'")}</EventData></Event>`;
  return `f:[020] (WIN-7) 10.20.0.20->EventChannel:${JSON.stringify({ Message: 'x', Event: xml })}`;
}

const linuxHead = 'Nov 20 10:00:00 ubuntu2004vm sysmon: ';

/** A line that Sysmon for Linux has written to the log of its host. */
export function linuxMessage(event: number, data: Data, head = linuxHead): string {
  const system =
    '<Provider Name="Linux-Sysmon" Guid="{ff032593-a8d3-4f13-b0d6-01fc615a0f97}"/>' +
    `<EventID>${event}</EventID><Version>5</Version><Level>4</Level><Task>${event}</Task><Opcode>0</Opcode>` +
    '<Keywords>0x8000000000000000</Keywords><TimeCreated SystemTime="2026-11-20T10:00:00.000000000Z"/>' +
    '<EventRecordID>31</EventRecordID><Correlation/><Execution ProcessID="700" ThreadID="700"/>' +
    '<Channel>Linux-Sysmon/Operational</Channel><Computer>ubuntu2004vm</Computer><Security UserId="0"/>';
  const xml = `<Event><System>${system}</System><EventData>${named({ RuleName: '-', ...data }, '"')}</EventData></Event>`;
  return `1:[017] (ubuntu2004vm) 10.20.0.17->/var/log/syslog:${head}${xml}`;
}

/** A file that syscheck reports. */
export function fimMessage(type: 'added' | 'modified' | 'deleted', hashes: Data): string {
  const attributes = {
    type: 'file',
    ...{ size: 10, perm: 'rw-r--r--', uid: '0', gid: '0', user_name: 'root', group_name: 'root', inode: 1 },
    mtime: 1_795_489_491,
    ...hashes,
    checksum: 'abc',
  };
  const changed = type === 'modified' ? { changed_attributes: ['mtime'], old_attributes: { mtime: 1 } } : {};
  const data = {
    ...{ path: '/home/alice/invoice.exe', mode: 'realtime', type, timestamp: 1_795_489_491, version: 2 },
    ...changed,
    attributes,
  };
  return `8:[017] (ubuntu2004vm) 10.20.0.17->syscheck:${JSON.stringify({ type: 'event', data })}`;
}
