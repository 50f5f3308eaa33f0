import type { PlanOptions } from '../../src/compile/plan.ts';
import { documentedBlocks } from '../../src/wazuh/rule-ids.ts';

/** The options of a plan as the default configuration has them, with fewer gates allowed. */
export const planOptions: PlanOptions = {
  rules: {
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
