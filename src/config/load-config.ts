export { loadConfig } from './load.ts';
export { defaultHome, defaultMaxAge } from './schema.ts';
