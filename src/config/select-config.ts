export type { ObjectFilterConfig, SelectConfig, SourceKind, TrustRankConfig } from './schema.ts';
