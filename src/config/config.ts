export { type Config, type GuardsConfig, type LogLevel, logLevels, type OpenCtiConfig } from './schema.ts';
