import type { HashKind, ObservableKind } from '../observable/kinds.ts';
import { compileGates, type GatePlan, type GateValues } from './gates/compile-gates.ts';
import { toExactOnly } from './gates/exact-only.ts';
import type { ScoredValues } from './gates/gate.ts';
import { gateFields } from './gates/ids.ts';
import { toScoredValues } from './gates/keep-best.ts';
import type { SelectedValue } from './selection.ts';

/** What gates are made of, and how many there may be. */
export interface GateSettings {
  readonly hashes: boolean;
  readonly domains: boolean;
  readonly cidr: boolean;
  /** Hex digits of a hash that a gate compares; null: by the number of hashes. */
  readonly prefix: number | null;
  /** Those that the site's Sysmon writes. */
  readonly algorithms: readonly HashKind[];
  /** Names of the site that match without their subdomains. */
  readonly exactNames: readonly string[];
  readonly firstId: number;
  readonly maxRules: number;
  readonly maxBytes: number;
}

/** The block of ids that the gates use, from the first one on. */
const idCount = 100_000;

/** The gates for what no list can match: composite hashes, subdomains and any case, networks. */
export function planGates(values: Iterable<SelectedValue>, settings: GateSettings): GatePlan {
  const of = (kind: ObservableKind, wanted: boolean): ScoredValues =>
    toScoredValues(wanted ? pairsOf(values, kind) : []);
  const ofHash = (kind: HashKind) => of(kind, settings.hashes && settings.algorithms.includes(kind));
  const gateValues: GateValues = {
    sha256: ofHash('sha256'),
    sha1: ofHash('sha1'),
    md5: ofHash('md5'),
    name: of('name', settings.domains),
    'ipv4-network': of('ipv4-network', settings.cidr),
    'ipv6-network': of('ipv6-network', settings.cidr),
  };
  return compileGates(gateValues, {
    fields: gateFields,
    ids: { from: settings.firstId, to: settings.firstId + idCount - 1 },
    prefix: settings.prefix ?? 'auto',
    isExactOnly: toExactOnly([...settings.exactNames, ...exactOnlyOf(values)]),
    maxRules: settings.maxRules,
    maxBytes: settings.maxBytes,
  });
}

function* exactOnlyOf(values: Iterable<SelectedValue>): Generator<string> {
  for (const { exactOnly, value } of values) if (exactOnly) yield value;
}

function* pairsOf(values: Iterable<SelectedValue>, kind: ObservableKind): Generator<[string, number]> {
  for (const value of values) if (value.kind === kind) yield [value.value, value.score];
}
