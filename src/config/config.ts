import type { HashKind } from '../observable/kinds.ts';
import type { Subject } from '../wazuh/event-fields.ts';
import type { SelectConfig } from './select-config.ts';

export interface OpenCtiConfig {
  /** Null: not set. */
  readonly url: string | null;
  /** Never printed, never written, never passed as an argument. */
  readonly token: string | null;
  /** PEM text, trusted beside the system's certificates. */
  readonly ca: string | null;
  readonly caFile: string | null;
  readonly proxy: string | null;
  /** Milliseconds that one request may take. */
  readonly timeout: number;
  /** Milliseconds that one request may take with all its tries. */
  readonly retryFor: number;
  readonly pageSize: number;
}

/** Rules of the site, beside the stock ones, that the gate of a field hangs under. */
export interface SiteParents {
  readonly groups: readonly string[];
  readonly ids: readonly number[];
}

export interface RulesConfig {
  readonly firstId: number;
  readonly level: Readonly<Record<Subject, number>>;
  /** By the key of the event field. */
  readonly parents: Readonly<Record<string, SiteParents>>;
  readonly linuxDecoder: 'auto' | 'on' | 'off';
}

export interface GatesConfig {
  readonly hashes: boolean;
  readonly domains: boolean;
  readonly cidr: boolean;
  /** Hex digits of a hash that a gate compares; null: by the number of hashes. */
  readonly prefix: number | null;
  readonly algorithms: readonly HashKind[];
  readonly exactNames: readonly string[];
  readonly firstId: number;
  readonly maxRules: number;
  readonly maxBytes: number;
}

/** What `custom-opencti` runs with; times in milliseconds. */
export interface IntegrationConfig {
  /** For the whole look-up of one alert: integratord waits as long. */
  readonly timeout: number;
  /** How long an answer is used again; null: never. */
  readonly cache: number | null;
  /** For how long one value on one agent makes no second event; null: each match makes one. */
  readonly suppress: number | null;
  /** `once`: the alert of the list match sends no mail, only the one with the context does. */
  readonly mail: 'both' | 'once';
}

export interface WazuhConfig {
  readonly home: string;
  /** Whether a refresh may restart an engine that has no hot reload: one before 4.13. */
  readonly restart: boolean;
}

/** What holds a refresh back; times in milliseconds. */
export interface GuardsConfig {
  /** Percent of its entries that a list of more than 100 may lose at once. */
  readonly shrinkLimit: number;
  /** Of one list. */
  readonly maxEntries: number;
  /** Lists that were not confirmed for longer are stale. */
  readonly maxAge: number;
  readonly minReloadInterval: number;
}

/** From the least to the most that is written. */
export const logLevels = ['error', 'warning', 'info', 'debug'] as const;
export type LogLevel = (typeof logLevels)[number];

/** The configuration in its normal form: complete and checked. */
export interface Config {
  readonly opencti: OpenCtiConfig;
  readonly wazuh: WazuhConfig;
  readonly select: SelectConfig;
  readonly rules: RulesConfig;
  readonly gates: GatesConfig;
  readonly integration: IntegrationConfig;
  readonly guards: GuardsConfig;
  readonly metrics: {
    /** A `.prom` file in the folder of the node exporter's textfile collector; null: none is written. */
    readonly textfile: string | null;
  };
  readonly log: { readonly level: LogLevel };
}
