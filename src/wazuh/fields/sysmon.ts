import type { HashKind } from '../../values/kinds.ts';
import { anyAddress, type EventField, type FieldEvent, fieldIds, row } from './field.ts';

/** The names of the algorithms as Sysmon's `HashAlgorithms` has them, and as they stand before the `=` in `Hashes`. */
export const sysmonLabels = { sha256: 'SHA256', sha1: 'SHA1', md5: 'MD5' } as const satisfies Record<
  HashKind,
  string
>;

export const windowsEventId = 'win.system.eventID';

function sysmon(event: number, ruleId: number, row: string, happened: string): FieldEvent {
  const when = [{ field: windowsEventId, pattern: `^${event}$` }];
  return { source: 'sysmon', row, event, ruleId, when, happened, groups: 'windows,sysmon', starts: 'always' };
}

function linux(event: number, ruleId: number, row: string, happened: string): FieldEvent {
  const when = [{ field: 'system.eventId', pattern: `^${event}$` }];
  return {
    source: 'sysmon_linux',
    row,
    event,
    ruleId,
    when,
    happened,
    groups: 'linux,sysmon',
    starts: 'always',
  };
}

const fimEvents = {
  550: { decoder: 'syscheck_integrity_changed', kind: 'modified' },
  553: { decoder: 'syscheck_deleted', kind: 'deleted' },
  554: { decoder: 'syscheck_new_entry', kind: 'added' },
} as const;

function fim(event: keyof typeof fimEvents, ruleId: number): FieldEvent {
  const { decoder, kind } = fimEvents[event];
  return {
    source: 'fim',
    row: kind,
    event,
    ruleId,
    when: [{ decoder }],
    happened: `file $(file) ${kind}`,
    groups: `syscheck,syscheck_file,syscheck_entry_${kind}`,
    starts: 'always',
  };
}

/** One rule for an event, whichever of its hashes is listed: our decoder cuts them out of `Hashes` into the fields of FIM. */
const linuxHappened = {
  1: 'process $(eventdata.image) started by $(eventdata.user)',
  23: 'file $(eventdata.targetFilename) deleted by $(eventdata.image) as $(eventdata.user)',
} as const;

/** As other decoders have them, in one text: the same hashes that ours cuts out. */
const linuxHashPaths = ['data.eventdata.hashes', 'data.eventdata.Hashes'] as const;

const fimRoots = ['fim_modified', 'fim_deleted', 'fim_added', 'linux_hash', 'zeek_file'] as const;

/** Zeek's log of files has them in the same fields. */
const zeekFile = row(
  'zeek',
  'file',
  119_195,
  { field: 'fuid', pattern: '.' },
  'file $(filename) in a connection of $(id.orig_h)',
  'source',
);

const anyHash = ['sha256', 'sha1', 'md5'] as const satisfies readonly HashKind[];

/** Sysmon for Windows and for Linux, and file integrity monitoring. */
export const sysmonFields = [
  {
    key: 'win_hashes',
    list: 'opencti-win-hashes',
    ruleField: 'win.eventdata.hashes',
    alertPaths: ['data.win.eventdata.hashes'],
    subject: 'hash',
    spelling: 'labelled-upper',
    kinds: anyHash,
    patterns: 'hashes',
    roots: ['win_hashes'],
    ids: { listGate: 118_100, listCanary: 118_500, patternCanary: 118_501, canaryRule: 118_700 },
    events: [
      sysmon(
        1,
        100_640,
        'process',
        'process $(win.eventdata.image) started by $(win.eventdata.user), parent $(win.eventdata.parentImage)',
      ),
      sysmon(6, 100_641, 'driver', 'driver $(win.eventdata.imageLoaded) loaded'),
      sysmon(7, 100_642, 'module', 'module $(win.eventdata.imageLoaded) loaded by $(win.eventdata.image)'),
      sysmon(
        15,
        100_643,
        'stream',
        'file $(win.eventdata.targetFilename) with a stream created by $(win.eventdata.image) as $(win.eventdata.user)',
      ),
      sysmon(
        23,
        100_644,
        'deleted',
        'file $(win.eventdata.targetFilename) deleted by $(win.eventdata.image) as $(win.eventdata.user)',
      ),
      sysmon(
        24,
        100_645,
        'clipboard',
        'clipboard changed by $(win.eventdata.image) as $(win.eventdata.user)',
      ),
      sysmon(25, 100_646, 'tampering', 'process $(win.eventdata.image) tampered with: $(win.eventdata.type)'),
      sysmon(
        26,
        119_000,
        'deleted',
        'file $(win.eventdata.targetFilename) deleted by $(win.eventdata.image) as $(win.eventdata.user)',
      ),
      sysmon(
        27,
        119_001,
        'blocked',
        'executable $(win.eventdata.targetFilename) blocked, created by $(win.eventdata.image) as $(win.eventdata.user)',
      ),
      sysmon(
        28,
        119_002,
        'blocked',
        'shredding of $(win.eventdata.targetFilename) blocked, by $(win.eventdata.image) as $(win.eventdata.user)',
      ),
      sysmon(
        29,
        119_003,
        'created',
        'executable $(win.eventdata.targetFilename) created by $(win.eventdata.image) as $(win.eventdata.user)',
      ),
    ],
  },
  {
    key: 'win_stream',
    list: 'opencti-win-hash',
    ruleField: 'win.eventdata.hash',
    alertPaths: ['data.win.eventdata.hash'],
    subject: 'hash',
    spelling: 'labelled-upper',
    kinds: anyHash,
    patterns: 'hashes',
    roots: ['win_stream'],
    ids: { listGate: 118_101, listCanary: 118_502, patternCanary: 118_503, canaryRule: 118_701 },
    events: [
      sysmon(
        15,
        100_647,
        'stream',
        'file $(win.eventdata.targetFilename) with a stream created by $(win.eventdata.image) as $(win.eventdata.user)',
      ),
    ],
  },
  {
    key: 'win_address',
    list: 'opencti-win-destination-ip',
    ruleField: 'win.eventdata.destinationIp',
    alertPaths: ['data.win.eventdata.destinationIp'],
    subject: 'address',
    spelling: 'sysmon-address',
    kinds: anyAddress,
    patterns: 'cidr',
    roots: ['win_address'],
    ids: { listGate: 118_102, listCanary: 118_504, patternCanary: 118_505, canaryRule: 118_702 },
    events: [
      sysmon(
        3,
        100_648,
        'connection',
        'connection to $(win.eventdata.destinationIp):$(win.eventdata.destinationPort) by $(win.eventdata.image) as $(win.eventdata.user)',
      ),
    ],
  },
  {
    key: 'win_query',
    list: 'opencti-win-query-name',
    ruleField: 'win.eventdata.queryName',
    alertPaths: ['data.win.eventdata.queryName'],
    subject: 'name',
    spelling: 'name',
    kinds: ['name'],
    patterns: 'domains',
    roots: ['win_query', 'win_dns_client'],
    ids: { listGate: 118_103, listCanary: 118_506, patternCanary: 118_507, canaryRule: 118_703 },
    events: [
      sysmon(
        22,
        100_649,
        'query',
        'DNS query for $(win.eventdata.queryName) by $(win.eventdata.image) as $(win.eventdata.user)',
      ),
      {
        source: 'windows_dns',
        row: 'client',
        event: 3008,
        ruleId: 119_010,
        when: [{ field: windowsEventId, pattern: '^3008$' }],
        happened: 'DNS query for $(win.eventdata.queryName) by process $(win.system.processID)',
        groups: 'windows,opencti_query',
        starts: 'always',
      },
    ],
  },
  {
    key: 'linux_address',
    list: 'opencti-linux-destination-ip',
    ruleField: 'eventdata.destinationIp',
    alertPaths: ['data.eventdata.destinationIp', 'data.eventdata.DestinationIp'],
    subject: 'address',
    spelling: 'any-address',
    kinds: anyAddress,
    patterns: 'cidr',
    roots: ['linux_address'],
    ids: { listGate: 118_104, listCanary: 118_508, patternCanary: 118_509, canaryRule: 118_704 },
    events: [
      linux(
        3,
        100_650,
        'connection',
        'connection to $(eventdata.destinationIp):$(eventdata.destinationPort) by $(eventdata.image) as $(eventdata.user)',
      ),
    ],
  },
  {
    key: 'fim_sha256',
    list: 'opencti-fim-sha256',
    ruleField: 'sha256',
    alertPaths: ['syscheck.sha256_after', 'data.sha256', ...linuxHashPaths],
    subject: 'hash',
    spelling: 'bare-lower',
    kinds: ['sha256'],
    patterns: null,
    roots: fimRoots,
    ids: { listGate: 118_105, listCanary: 118_510, patternCanary: null, canaryRule: 118_705 },
    events: [
      fim(550, 100_653),
      fim(553, 100_654),
      fim(554, 100_655),
      linux(1, 100_651, 'process', linuxHappened[1]),
      linux(23, 100_652, 'deleted', linuxHappened[23]),
      zeekFile,
    ],
  },
  {
    key: 'fim_sha1',
    list: 'opencti-fim-sha1',
    ruleField: 'sha1',
    alertPaths: ['syscheck.sha1_after', 'data.sha1', ...linuxHashPaths],
    subject: 'hash',
    spelling: 'bare-lower',
    kinds: ['sha1'],
    patterns: null,
    roots: fimRoots,
    ids: { listGate: 118_106, listCanary: 118_511, patternCanary: null, canaryRule: 118_706 },
    events: [
      fim(550, 100_656),
      fim(553, 100_657),
      fim(554, 100_658),
      linux(1, 100_651, 'process', linuxHappened[1]),
      linux(23, 100_652, 'deleted', linuxHappened[23]),
      zeekFile,
    ],
  },
  {
    key: 'fim_md5',
    list: 'opencti-fim-md5',
    ruleField: 'md5',
    alertPaths: ['syscheck.md5_after', 'data.md5', ...linuxHashPaths],
    subject: 'hash',
    spelling: 'bare-lower',
    kinds: ['md5'],
    patterns: null,
    roots: fimRoots,
    ids: { listGate: 118_107, listCanary: 118_512, patternCanary: null, canaryRule: 118_707 },
    events: [
      fim(550, 100_659),
      fim(553, 100_660),
      fim(554, 100_661),
      linux(1, 100_651, 'process', linuxHappened[1]),
      linux(23, 100_652, 'deleted', linuxHappened[23]),
      zeekFile,
    ],
  },
  {
    key: 'win_source',
    list: 'opencti-win-source-ip',
    ruleField: 'win.eventdata.sourceIp',
    alertPaths: ['data.win.eventdata.sourceIp'],
    subject: 'address',
    spelling: 'sysmon-address',
    kinds: anyAddress,
    patterns: 'cidr',
    roots: ['win_address'],
    ids: fieldIds(10),
    events: [
      {
        source: 'sysmon',
        row: 'inbound',
        event: 3,
        ruleId: 119_011,
        when: [{ field: 'win.eventdata.initiated', pattern: '^false$' }],
        happened:
          'connection from $(win.eventdata.sourceIp) to port $(win.eventdata.destinationPort) of $(win.eventdata.image)',
        groups: 'windows,sysmon',
        starts: 'asked',
        level: 6,
        quiet: true,
      },
    ],
  },
] as const satisfies readonly EventField[];
