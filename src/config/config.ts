import type { GateSettings } from '../compile/plan-gates.ts';
import type { Subject } from '../wazuh/fields.ts';
import type { IdBlocks } from '../wazuh/rule-ids.ts';
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
  /** What the environment names for this URL, by NO_PROXY too; `proxy` goes before it. */
  readonly environmentProxy: string | null;
  /** Milliseconds that one request may take. */
  readonly timeout: number;
  /** Milliseconds that one request may take with all its tries. */
  readonly retryFor: number;
  readonly pageSize: number;
  /** Null: no limit. */
  readonly maxRequestsPerMinute: number | null;
  /** Milliseconds that reading may take; null: no limit. */
  readonly maxDuration: number | null;
  /** Milliseconds between two reads of everything; between them a refresh reads what has changed. */
  readonly fullEvery: number;
  /** For how long, in milliseconds, a read of everything that was cut can be gone on with; null: not at all. */
  readonly resumeFor: number | null;
}

export interface RulesConfig {
  readonly blocks: IdBlocks;
  readonly level: Readonly<Record<Subject, number>>;
  readonly linuxDecoder: 'auto' | 'on' | 'off';
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
  /** The user that the manager runs as, by name or number; null: it is found. */
  readonly user: string | null;
  /** Whether a refresh may restart an engine that has no hot reload: one before 4.13. */
  readonly restart: boolean;
}

/** What holds a refresh back; times in milliseconds. */
export interface GuardsConfig {
  /** Percent of its entries that a list of more than 100 may lose at once. */
  readonly shrinkLimit: number;
  /** Values of one list; each has a line for each of its spellings. */
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
  /** What the configuration says in vain: a sentence each. */
  readonly warnings: readonly string[];
  readonly opencti: OpenCtiConfig;
  readonly wazuh: WazuhConfig;
  readonly select: SelectConfig;
  readonly rules: RulesConfig;
  readonly gates: GateSettings;
  readonly integration: IntegrationConfig;
  readonly guards: GuardsConfig;
  readonly metrics: {
    /** A `.prom` file in the folder of the node exporter's textfile collector; null: none is written. */
    readonly textfile: string | null;
  };
  readonly log: { readonly level: LogLevel };
}
