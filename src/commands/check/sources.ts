import type { Config } from '../../config/schema.ts';
import { toOwnFields } from '../../sync/plan-options.ts';
import { findDecoderNames } from '../../wazuh/decoder-names.ts';
import { ownDnsDecoders } from '../../wazuh/dns-decoders.ts';
import {
  allFields,
  decodersOf,
  type EventField,
  type FieldEvent,
  isAsked,
  letsThrough,
  type SourceName,
  sourceNames,
  toCustomFields,
  toRootLine,
  toSource,
} from '../../wazuh/fields.ts';
import type { EventLog } from '../../wazuh/log-end.ts';
import { findSeenSources } from '../../wazuh/seen-rows.ts';
import { waitingSources } from '../install/switch-on.ts';
import { findRowEffects, nameRow } from './row-effects.ts';
import { type CheckLine, isWorker, ok, type Site, warn } from './site.ts';

const subject = 'sources';

/** Which sources are looked up, which ones write events and are not, and what a match takes from other rules. */
export function checkSources(site: Site): readonly CheckLine[] {
  const { home, config } = site;
  const seen = findSeenSources(home);
  return [
    ok(subject, describeOn(config)),
    ...reportSeenOff(site, seen),
    ...reportUnseen(site, seen),
    ...reportDecoders(site),
    ...reportEffects(site),
  ];
}

/** Those with a row in the rules. */
function describeOn(config: Config): string {
  const on = new Set(findLiveRows(config).map(({ event }) => event.source));
  const names = [...sourceNames, 'custom' as const].filter((name) => on.has(name));
  return names.length === 0 ? 'no source is looked up' : `looked up: ${names.join(', ')}`;
}

interface FieldRow {
  readonly field: EventField;
  readonly event: FieldEvent;
}

/** The rows that are in the rules. */
function findLiveRows(config: Config): FieldRow[] {
  return toOwnFields(config).flatMap((field) => field.events.map((event) => ({ field, event })));
}

const rowsOf = (name: SourceName): FieldEvent[] =>
  allFields.flatMap(({ events }) => events).filter(({ source }) => source === name);

/**
 * Has it rows that are on once it is, is none of them, and has the site not decided that? A source or a row that is named
 * `off` is off on purpose.
 */
function isUndecided(name: SourceName, { sources }: Config): boolean {
  const { enabled = 'auto', rows = {} } = sources[name] ?? {};
  const waiting = rowsOf(name).filter(({ starts }) => starts === 'source');
  return (
    enabled === 'auto' &&
    !waiting.some((row) => isAsked(row, sources[name])) &&
    waiting.some(({ row }) => rows[row] === undefined)
  );
}

function reportSeenOff(site: Site, seen: ReadonlyMap<SourceName, EventLog>): CheckLine[] {
  // What is looked up on a worker the configuration of the master decides.
  if (isWorker(site)) return [];
  const off = waitingSources.filter((name) => seen.has(name) && isUndecided(name, site.config));
  if (off.length === 0) return [];
  const names = off.map((name) => `${name} (in ${seen.get(name)})`).join(', ');
  return [
    warn(
      subject,
      `seen, but off: ${names}`,
      'run opencti-wazuh install, which switches on what the configuration does not name, or write sources.<name>: on into it',
    ),
  ];
}

/** Neither is a fault: a source may be silent, and archives cost room. */
function reportUnseen({ conf, config }: Site, seen: ReadonlyMap<SourceName, EventLog>): CheckLine[] {
  const hasArchives = conf.optionOf('global', 'logall_json')?.trim() === 'yes';
  const isHidden = (name: SourceName) => !hasArchives && !toSource(name).shownBy.includes('alerts');
  const unseen = sourceNames.filter((name) => !seen.has(name));
  const silent = unseen.filter((name) => config.sources[name]?.enabled === 'on' && !isHidden(name));
  const hidden = unseen.filter((name) => isHidden(name) && waitingSources.includes(name));
  return [
    ...(silent.length > 0 ? [ok(subject, `on, and no event was seen: ${silent.join(', ')}`)] : []),
    ...(hidden.length > 0
      ? [
          ok(
            subject,
            `cannot be seen without archives, since logall_json is off: ${hidden.join(', ')}; write sources.<name>: on where you have one`,
          ),
        ]
      : []),
  ];
}

const ownNames: ReadonlySet<string> = new Set(ownDnsDecoders);

interface Undecoded {
  readonly event: FieldEvent;
  /** Those that are not loaded. */
  readonly decoders: readonly string[];
}

/** Rows that the configuration asks for, and that are not in the rules. */
function reportDecoders({ home, config }: Site): CheckLine[] {
  const loaded = findDecoderNames(home);
  if (loaded === null) return [];
  const undecoded = findUndecoded(config, loaded);
  const isWanted = ({ event: { source, row } }: Undecoded) => {
    const written = config.sources[source];
    return source === 'custom' || written?.enabled === 'on' || written?.rows[row] === 'on';
  };
  const wanted = undecoded.filter(isWanted);
  const usual = undecoded.filter((each) => !isWanted(each));
  const off = 'off, since this manager does not load their decoder';
  return [
    ...(wanted.length > 0
      ? [
          warn(
            subject,
            `${off}: ${describeUndecoded(wanted)}`,
            'have ossec.conf load the decoder (decoder_dir, decoder_exclude), or take the row out of the configuration',
          ),
        ]
      : []),
    ...(usual.length > 0 ? [ok(subject, `${off}: ${describeUndecoded(usual)}`)] : []),
    ...(config.sources.dns_servers?.enabled === 'on' && !config.rules.dnsDecoders
      ? [ok(subject, withoutOwn)]
      : []),
  ];
}

const withoutOwn =
  'queries of BIND 9.11 and later, dnsmasq and Pi-hole are not decoded, since rules.dns_decoders is off';

function findUndecoded(config: Config, loaded: ReadonlySet<string>): Undecoded[] {
  const keyOf = ({ field, event }: FieldRow) => `${field.key} ${event.ruleId}`;
  const live = new Set(findLiveRows(config).map(keyOf));
  const isMissing = (name: string) => !loaded.has(name) && !ownNames.has(name);
  const rows = [...allFields, ...toCustomFields(config.customFields)].flatMap((field) =>
    field.events.map((event) => ({ field, event })),
  );
  return rows
    .filter((row) => isAsked(row.event, config.sources[row.event.source]) && !live.has(keyOf(row)))
    .map(({ field, event }) => {
      const roots = field.roots
        .filter((root) => letsThrough(root, event))
        .flatMap((root) => toRootLine(root));
      return { event, decoders: [event, ...roots].flatMap(({ when }) => decodersOf(when)).filter(isMissing) };
    })
    .filter(({ decoders }) => decoders.length > 0);
}

/** `logins.accepted (dovecot, vsftpd)`. */
function describeUndecoded(undecoded: readonly Undecoded[]): string {
  const decodersOfRow = new Map<string, string[]>();
  for (const { event, decoders } of undecoded)
    decodersOfRow.set(nameRow(event), [...(decodersOfRow.get(nameRow(event)) ?? []), ...decoders]);
  return [...decodersOfRow]
    .map(([row, decoders]) => `${row} (${[...new Set(decoders)].join(', ')})`)
    .join(', ');
}

function reportEffects({ conf, config }: Site): CheckLine[] {
  const { counters, responses, insideResponses } = findRowEffects(config, conf);
  return [
    ...[...(counters === null ? [] : [counters]), ...responses].map((text) => ok(subject, text)),
    ...insideResponses.map((text) =>
      warn(
        subject,
        text,
        'take these rows out of sources.<name>.rows, or have that <active-response> name the rules that may start it',
      ),
    ),
  ];
}
