import type { RuleEvent } from '../engine-model/rule-event.ts';
import { sysmonEvent } from '../engine-model/tests/sources.ts';
import { knownMalware } from '../support/stock-ruleset/stand-ins.ts';

/** The end of an event without any file of the project: an alert, silence by a level-0 rule, or nothing at all. */
export type Outcome = 'fired' | 'silencedBy' | 'nothing';

/** Field values that the lists and gates of the tests have, and such as they do not have. */
export interface FieldValues {
  readonly listed: readonly string[];
  readonly unlisted: readonly string[];
}

/** An event that reaches the rule of a stand-in. */
export interface StandInEvent {
  readonly id: number;
  readonly outcome: Outcome;
  readonly values: FieldValues;
  readonly toEvent: (value: string) => RuleEvent;
  /** Our alert rule for a listed value; null: the event is none of the documented table. */
  readonly match: number | null;
}

export const listedHash = 'c7ad5ab60ca9a4dd3ba2f05c8f8ef2e1b0b4f0a1a05d4ae5bb1f0aa0c0d1e2f3';
export const listedName = 'sazoya.com';
export const listedAddress = '105.112.50.80';
export const listedNetwork = '31.13.24.0/21';

const composite = (sha256: string) =>
  `SHA1=${'1'.repeat(40)},MD5=${'2'.repeat(32)},SHA256=${sha256.toUpperCase()},IMPHASH=${'3'.repeat(32)}`;

/** A single algorithm is matched by a list, several by the gates. */
const hashes: FieldValues = {
  listed: [`SHA256=${listedHash.toUpperCase()}`, composite(listedHash)],
  unlisted: [`SHA256=${'B'.repeat(64)}`, composite('b'.repeat(64))],
};
const addresses: FieldValues = {
  listed: [listedAddress, '31.13.31.255'],
  unlisted: ['8.8.8.8', '31.13.32.0', '10.0.0.1'],
};
const names: FieldValues = {
  listed: [listedName, `WWW.${listedName.toUpperCase()}`],
  unlisted: ['example.org', `not${listedName}`],
};
const fileHashes: FieldValues = { listed: [listedHash], unlisted: ['b'.repeat(64)] };
/** The stock list has it too: the stock rule of level 14 is what competes. */
const malware: FieldValues = { listed: [knownMalware], unlisted: [knownMalware] };
/** For events that have no looked-up field of a documented row: whatever they hold, they stay as they are. */
const noRow: FieldValues = { listed: hashes.listed, unlisted: hashes.unlisted };

const sysmon =
  (event: number, field: string, data: Readonly<Record<string, string>> = {}) =>
  (value: string): RuleEvent =>
    sysmonEvent(event, { ...data, [field]: value });

/** A Windows event of which one field of its frame is another one than that of an ordinary Sysmon event. */
const framed =
  (event: number, frame: Readonly<Record<string, string>>) =>
  (value: string): RuleEvent => {
    const { decoder, fields } = sysmonEvent(event, { hashes: value });
    return { decoder, fields: { ...fields, ...frame } };
  };

const fim =
  (decoder: string) =>
  (sha256: string): RuleEvent => ({ decoder, fields: { file: '/tmp/x', sha256 } });

const created = (data: Readonly<Record<string, string>>) => ({
  values: hashes,
  toEvent: sysmon(1, 'hashes', data),
  match: 100_640,
});
const connected = (data: Readonly<Record<string, string>>) => ({
  values: addresses,
  toEvent: sysmon(3, 'destinationIp', data),
  match: 100_648,
});
const foreign = (event: number) => ({ values: noRow, toEvent: sysmon(event, 'hashes'), match: null });

const powerShell = { image: 'C:\\\\Windows\\\\powershell.exe', protocol: 'tcp' };
const svchost = 'C:\\\\Temp\\\\svchost.exe';

const silence = 'silencedBy';

/** One event at least for every rule of `test/support/stock-ruleset`. */
export const standInEvents: readonly StandInEvent[] = [
  // The bases have noalert: an event that no other rule takes ends in nothing.
  {
    id: 1,
    outcome: 'nothing',
    values: noRow,
    toEvent: (value) => ({ decoder: 'json', fields: { hashes: value } }),
    match: null,
  },
  ...([2, 3, 4, 5, 6] as const).map(
    (id, at): StandInEvent => ({
      id,
      outcome: 'nothing',
      values: noRow,
      toEvent: (value) => ({
        decoder: 'site',
        category: (['firewall', 'ids', 'web-log', 'squid', 'windows'] as const)[at] ?? 'syslog',
        fields: { hashes: value, sha256: value },
      }),
      match: null,
    }),
  ),
  {
    id: 7,
    outcome: 'nothing',
    values: noRow,
    toEvent: (value) => ({ decoder: 'rootcheck', fields: { sha256: value } }),
    match: null,
  },
  {
    id: 500,
    outcome: silence,
    values: noRow,
    toEvent: (value) => ({ decoder: 'ossec', fields: { hashes: value }, log: 'ossec: agent started' }),
    match: null,
  },
  {
    id: 530,
    outcome: silence,
    values: noRow,
    toEvent: (value) => ({
      decoder: 'ossec',
      fields: { hashes: value },
      log: "ossec: output: 'df': /dev/sda1",
    }),
    match: null,
  },
  {
    id: 550,
    outcome: 'fired',
    values: fileHashes,
    toEvent: fim('syscheck_integrity_changed'),
    match: 100_653,
  },
  { id: 553, outcome: 'fired', values: fileHashes, toEvent: fim('syscheck_deleted'), match: 100_654 },
  { id: 554, outcome: 'fired', values: fileHashes, toEvent: fim('syscheck_new_entry'), match: 100_655 },
  {
    id: 60_000,
    outcome: silence,
    values: noRow,
    toEvent: framed(1, {
      'win.system.providerName': 'Microsoft-Windows-Sysmon-X',
      'win.system.channel': 'X',
    }),
    match: null,
  },
  // The provider identifies Sysmon, in any channel and severity, such as those that a site has forwarded.
  {
    id: 60_000,
    outcome: silence,
    values: hashes,
    toEvent: framed(1, { 'win.system.channel': 'ForwardedEvents' }),
    match: 100_640,
  },
  {
    id: 60_004,
    outcome: silence,
    values: hashes,
    toEvent: framed(1, { 'win.system.severityValue': 'ERROR' }),
    match: 100_640,
  },
  { id: 61_600, outcome: silence, ...foreign(99) },
  // No stock rule knows them (Wazuh 4.14.7).
  { id: 61_600, outcome: silence, values: hashes, toEvent: sysmon(27, 'hashes'), match: 119_001 },
  { id: 61_600, outcome: silence, values: hashes, toEvent: sysmon(28, 'hashes'), match: 119_002 },
  { id: 61_600, outcome: silence, values: hashes, toEvent: sysmon(29, 'hashes'), match: 119_003 },
  { id: 61_603, outcome: silence, ...created({}) },
  { id: 61_604, outcome: silence, ...foreign(2) },
  { id: 61_605, outcome: silence, ...connected({}) },
  { id: 61_608, outcome: silence, values: hashes, toEvent: sysmon(6, 'hashes'), match: 100_641 },
  { id: 61_609, outcome: silence, values: hashes, toEvent: sysmon(7, 'hashes'), match: 100_642 },
  { id: 61_612, outcome: silence, ...foreign(10) },
  { id: 61_617, outcome: silence, values: hashes, toEvent: sysmon(15, 'hashes'), match: 100_643 },
  { id: 61_617, outcome: silence, values: hashes, toEvent: sysmon(15, 'hash'), match: 100_647 },
  { id: 61_618, outcome: 'fired', ...created({ image: svchost, parentImage: 'C:\\\\Temp\\\\x.exe' }) },
  {
    id: 61_619,
    outcome: silence,
    ...created({ image: svchost, parentImage: 'C:\\\\Windows\\\\services.exe' }),
  },
  { id: 61_648, outcome: silence, ...foreign(20) },
  { id: 61_650, outcome: silence, values: names, toEvent: sysmon(22, 'queryName'), match: 100_649 },
  { id: 61_651, outcome: silence, values: hashes, toEvent: sysmon(23, 'hashes'), match: 100_644 },
  { id: 61_652, outcome: silence, values: hashes, toEvent: sysmon(24, 'hashes'), match: 100_645 },
  { id: 61_653, outcome: silence, values: hashes, toEvent: sysmon(25, 'hashes'), match: 100_646 },
  { id: 61_654, outcome: silence, values: hashes, toEvent: sysmon(26, 'hashes'), match: 119_000 },
  { id: 61_655, outcome: silence, ...foreign(255) },
  { id: 92_025, outcome: silence, ...created({ originalFileName: 'REG.exe' }) },
  {
    id: 92_026,
    outcome: 'fired',
    ...created({ originalFileName: 'reg.exe', commandLine: 'reg save HKLM\\\\SAM x' }),
  },
  {
    id: 92_028,
    outcome: silence,
    ...created({ originalFileName: 'PowerShell.EXE', commandLine: 'powershell -File a.ps1' }),
  },
  { id: 92_042, outcome: silence, ...created({ originalFileName: 'netsh.exe' }) },
  { id: 92_048, outcome: 'fired', ...created({ image: 'C:\\\\Temp\\\\mimikatz.exe' }) },
  { id: 92_069, outcome: silence, ...created({ parentImage: 'C:\\\\Windows\\\\WmiPrvSE.exe' }) },
  { id: 92_101, outcome: silence, ...connected(powerShell) },
  { id: 92_102, outcome: 'fired', ...connected({ ...powerShell, destinationPort: '389' }) },
  { id: 92_108, outcome: silence, ...connected({ destinationPort: '3389' }) },
  {
    id: 92_151,
    outcome: 'fired',
    values: hashes,
    toEvent: sysmon(7, 'hashes', { imageLoaded: 'C:\\\\Temp\\\\sideloaded.dll' }),
    match: 100_642,
  },
  {
    id: 99_901,
    outcome: 'fired',
    values: malware,
    toEvent: fim('syscheck_integrity_changed'),
    match: 100_653,
  },
  { id: 99_901, outcome: 'fired', values: malware, toEvent: fim('syscheck_new_entry'), match: 100_655 },
];
