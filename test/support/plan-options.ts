import type { PlanOptions } from '../../src/compile/plan.ts';

/** The options of a plan as the default configuration has them, with fewer gates allowed. */
export const planOptions: PlanOptions = {
  rules: {
    firstId: 100_600,
    level: { hash: 14, address: 12, name: 12 },
    siteParents: {},
    linuxDecoder: true,
  },
  gates: {
    hashes: true,
    domains: true,
    cidr: true,
    prefix: null,
    algorithms: ['sha256', 'sha1', 'md5'],
    exactNames: [],
    firstId: 800_000,
    maxRules: 1_000,
    maxBytes: 10_000_000,
  },
};
