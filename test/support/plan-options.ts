import type { PlanOptions } from '../../src/compile/plan.ts';
import { builtInDecoders } from '../../src/wazuh/decoder-names.ts';
import { ownDnsDecoders } from '../../src/wazuh/dns-decoders.ts';
import {
  allFields,
  type EventField,
  rowNames,
  type SourceSwitch,
  type SourceSwitches,
  sourceNames,
  toActiveFields,
} from '../../src/wazuh/fields.ts';
import { documentedBlocks } from '../../src/wazuh/rule-ids.ts';
import { readStockDecoders } from './stock-decoders.ts';

/** The fields of an export that is given no decoders. */
export const builtInFields: readonly EventField[] = toActiveFields(allFields, {
  switches: {},
  decoders: builtInDecoders,
});

/** As on a manager with the stock ruleset and our decoders of DNS queries. */
export const allDecoders: ReadonlySet<string> = new Set([
  ...builtInDecoders,
  ...readStockDecoders(),
  ...ownDnsDecoders,
]);

/** The fields of a manager that has all decoders, with the default configuration. */
export const defaultFields: readonly EventField[] = toActiveFields(allFields, {
  switches: {},
  decoders: allDecoders,
});

/** A source that is on, and so are the rows of it that it names. */
function switchOn(rows: readonly string[] = []): SourceSwitch {
  return {
    enabled: 'on',
    rows: Object.fromEntries(rows.map((row) => [row, 'on'] as const)),
    level: null,
    context: null,
  };
}

/** Every source, with each of its rows. */
const everything: SourceSwitches = Object.fromEntries(
  sourceNames.map((source) => [source, switchOn(rowNames(source))] as const),
);

/** The fields of a manager that has all decoders, with every row of the table. */
export const everyField: readonly EventField[] = toActiveFields(allFields, {
  switches: everything,
  decoders: allDecoders,
});

/** The options of a plan as the default configuration has them, with fewer gates allowed. */
export const planOptions: PlanOptions = {
  rules: {
    fields: builtInFields,
    blocks: documentedBlocks,
    level: { hash: 14, address: 12, name: 12 },
    linuxDecoder: 'own',
  },
  gates: {
    hashes: true,
    domains: true,
    cidr: true,
    prefix: 'auto',
    algorithms: ['sha256', 'sha1', 'md5'],
    exactNames: [],
    firstId: documentedBlocks.gates,
    maxRules: 1_000,
    maxBytes: 10_000_000,
  },
};
