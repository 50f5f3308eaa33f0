import { formatKeys } from '../../compile/keys.ts';
import { type HashKind, hashKinds, kinds } from '../../values/kinds.ts';
import { gateCanaries, listCanaries, toListCanaries } from '../../wazuh/canaries.ts';
import {
  type EventField,
  type PatternKind,
  type SourceName,
  type Spelling,
  staticFields,
  sysmonLabels,
} from '../../wazuh/fields.ts';

/** What has to match: the list of the field, or pattern gates that the configuration can switch off. */
export type Needs = 'list' | PatternKind;

/** A spelling of a field's canary. */
export interface Spelled {
  readonly spelling: string;
  /** As the field of the event has it; the name alone where the field is an array. */
  readonly text: string;
  readonly needs: Needs;
}

/** The spellings of a field's canaries that a source writes. */
export function spell(field: EventField, source: SourceName): readonly Spelled[] {
  if (isLinuxHash(field, source)) return spellLinuxHashes(field);
  return [...spellListed(field), ...spellPatterns(field)];
}

export const isLinuxHash = ({ subject }: EventField, source: SourceName) =>
  source === 'sysmon_linux' && subject === 'hash';

const keyNames: Readonly<Record<Spelling, readonly string[]>> = {
  'labelled-upper': ['one hash'],
  'bare-lower': ['the hash'],
  'sysmon-address': ['IPv4', 'IPv4 of a dual-stack socket'],
  'any-address': ['IPv4', 'IPv4 of a dual-stack socket', 'mapped IPv4, short', 'mapped IPv4, dotted'],
  'log-address': ['IPv4'],
  'mapped-log-address': ['IPv4', 'mapped IPv4, dotted'],
  name: ['the name', 'with a trailing dot'],
  'url-host': [],
  'name-in-array': [],
};

const ipv6Names: Readonly<Partial<Record<Spelling, readonly string[]>>> = {
  'log-address': ['IPv6', 'IPv6, eight groups'],
  'mapped-log-address': ['IPv6', 'IPv6, eight groups'],
};

/** One for each key that the list has for a value: of a hash field one algorithm is enough. */
function spellListed(field: EventField): Spelled[] {
  const { spelling, subject, list } = field;
  if (list === null) return [];
  const values = toListCanaries(field);
  return (subject === 'hash' ? values.slice(0, 1) : values).flatMap((canary) => {
    const names =
      canary.kind === 'ipv6' ? (ipv6Names[spelling] ?? ['IPv6', 'IPv6, short']) : keyNames[spelling];
    const texts = formatKeys[spelling](canary).map((text, index) => ({
      spelling: names[index] ?? '',
      text,
      needs: 'list' as const,
    }));
    return isStaticAddress(field) ? texts.slice(0, 1) : texts;
  });
}

/** The gate of its canary is an address element, which takes a dotted IPv4 alone (`wazuh/canaries.ts`). */
const isStaticAddress = ({ subject, ruleField }: EventField) =>
  subject === 'address' && staticFields.has(ruleField);

const composite = [
  ...hashKinds.map((kind) => `${kind}=${gateCanaries[kind]}`),
  `IMPHASH=${'0'.repeat(kinds.md5.digits)}`,
]
  .join(',')
  .toUpperCase();

const inNetwork = { spelling: 'in a network', text: '198.51.100.9', needs: 'cidr' } as const;
const inIpv6Network = { spelling: 'in an IPv6 network', needs: 'cidr' } as const;
const anyCase = 'WWW.Gate.OpenCTI-Wazuh.Invalid';
const lowerCase = 'www.gate.opencti-wazuh.invalid';

function spellPatterns(field: EventField): readonly Spelled[] {
  switch (field.patterns) {
    case null:
      return [];
    case 'hashes':
      return [{ spelling: 'several hashes', text: composite, needs: 'hashes' }];
    case 'domains':
      return spellNames(field.spelling);
    case 'cidr':
      return isStaticAddress(field) ? [inNetwork] : [inNetwork, ...spellNetworks(field.spelling)];
  }
}

function spellNames(spelling: Spelling): readonly Spelled[] {
  const needs = 'domains' as const;
  if (spelling === 'url-host')
    return [
      { spelling: 'a subdomain in a URL, mixed case', text: `http://${anyCase}/`, needs },
      { spelling: 'a subdomain with a port', text: `${lowerCase}:443`, needs },
    ];
  return [
    { spelling: 'a subdomain, mixed case', text: anyCase, needs },
    { spelling: 'a subdomain, trailing dot', text: `${lowerCase}.`, needs },
  ];
}

function spellNetworks(spelling: Spelling): readonly Spelled[] {
  switch (spelling) {
    case 'mapped-log-address':
      return [
        { spelling: 'in a network, mapped', text: '::ffff:198.51.100.9', needs: 'cidr' },
        { ...inIpv6Network, text: '2001:db8:ca7a::9' },
      ];
    case 'log-address':
      return [{ ...inIpv6Network, text: '2001:db8:ca7a::9' }];
    default:
      return [
        { spelling: 'in a network, dual-stack socket', text: '0:0:0:0:0:ffff:c633:6409', needs: 'cidr' },
      ];
  }
}

/** Labels in upper case and digits in lower case, one or several, in the order of Sysmon's configuration. */
function spellLinuxHashes({ kinds: [kind] }: EventField): Spelled[] {
  const own = kind as HashKind;
  const others = hashKinds
    .filter((other) => other !== own)
    .map((other) => `${sysmonLabels[other]}=${'0'.repeat(kinds[other].digits)}`);
  const hash = `${sysmonLabels[own]}=${listCanaries[own]}`;
  return [
    { spelling: 'one hash', text: hash, needs: 'list' },
    { spelling: 'several hashes', text: [...others, hash].join(','), needs: 'list' },
  ];
}
