import packageJson from '../../package.json' with { type: 'json' };
import type { Plan } from '../compile/plan.ts';
import type { SkipCounts } from '../compile/selection.ts';
import type { StagedFile } from '../files/file-set.ts';
import type { Fetched } from '../sync/fetch-selection.ts';
import { toRuleField } from '../wazuh/fields.ts';

/** `manifest.json` of an export: what it holds and where it came from. Other programs read it; keys only grow. */
export interface Manifest {
  readonly tool: string;
  readonly version: string;
  readonly source: {
    readonly url: string;
    readonly version: string;
    readonly platform_id: string | null;
    readonly user: string;
    /** What the token may see; an object with another marking was never read. */
    readonly markings: readonly string[];
  };
  readonly started: string;
  readonly finished: string;
  readonly read: Fetched['read'];
  /** Of each warning list whose entries are not all used: how many are no value, and how many too wide. */
  readonly passed_over: readonly PassedOverCount[];
  readonly values: { readonly in: number; readonly out: number; readonly skipped: SkipCounts };
  /** Entries of each list. */
  readonly lists: Readonly<Record<string, number>>;
  readonly gates: {
    readonly rules: number;
    /** Hex digits of a hash that a gate compares. */
    readonly prefix: number;
    /** Fields whose gates did not fit: several hashes in one text match no more there. */
    readonly cut_fields: readonly string[];
    /** Names that match without their subdomains, since those belong to others. */
    readonly exact_only: readonly string[];
    /** Values that are in no gate for want of room, by kind. */
    readonly left_out: Readonly<Record<string, number>>;
  };
  readonly files: readonly StagedFile[];
}

interface PassedOverCount {
  readonly list: string;
  readonly file: string;
  readonly entries: number;
  readonly no_value: number;
  readonly too_wide: readonly string[];
}

export interface Times {
  readonly started: Date;
  readonly finished: Date;
}

export function toManifest(
  fetched: Fetched,
  plan: Plan,
  files: readonly StagedFile[],
  times: Times,
): Manifest {
  const { url, platform, selection, read, passedOver } = fetched;
  const { skipped, values } = selection;
  return {
    tool: packageJson.name,
    version: packageJson.version,
    source: {
      url,
      version: platform.version,
      platform_id: platform.platformId,
      user: platform.user.name,
      markings: platform.markings.map(({ definition }) => definition),
    },
    started: times.started.toISOString(),
    finished: times.finished.toISOString(),
    read,
    passed_over: passedOver.map(({ noValue: no_value, tooWide: too_wide, ...list }) => ({
      ...list,
      no_value,
      too_wide,
    })),
    values: { in: values.length, out: sum(Object.values(skipped)), skipped },
    lists: Object.fromEntries(plan.lists.map(({ name, entries }) => [name, entries])),
    gates: {
      rules: plan.gates.rules,
      prefix: plan.gates.prefix,
      cut_fields: plan.gates.cutFields.map((key) => toRuleField(key)),
      exact_only: plan.gates.exactOnly,
      left_out: plan.gates.leftOut,
    },
    files: [...files],
  };
}

function sum(counts: readonly number[]): number {
  return counts.reduce((total, count) => total + count, 0);
}
