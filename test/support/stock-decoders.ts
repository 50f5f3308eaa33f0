import { readFileSync } from 'node:fs';

/** The names of the decoders of the stock ruleset of Wazuh 4.14.7 (`ruleset/decoders`), children among them, recorded. */
export function readStockDecoders(): ReadonlySet<string> {
  const file = new URL('./stock-ruleset/decoders-4.14.7.txt', import.meta.url);
  return new Set(readFileSync(file, 'utf8').trimEnd().split('\n'));
}
