import { readdirSync, readFileSync } from 'node:fs';
import { readListText } from '../../engine-model/list-reader.ts';
import type { RulesetFile, RulesetSources } from '../../engine-model/load-ruleset.ts';

function readFolder(folder: URL): RulesetFile[] {
  return readdirSync(folder)
    .filter((name) => name.endsWith('.xml'))
    .map((name) => ({ name, text: readFileSync(new URL(name, folder), 'utf8') }));
}

/** The hash that the stock list of malware hashes holds in tests. */
export const knownMalware = '3802e1848c0fa4b4b408be34c6a4c9a799f9a37b29d6bd3dbd3bd7760747a8a6';

/** The stand-ins for the stock rules, decoders and lists, to load beside the project's own. */
export function readStandIns(): Required<Omit<RulesetSources, 'decoderNames'>> {
  return {
    rules: readFolder(new URL('./', import.meta.url)),
    decoders: readFolder(new URL('./decoders/', import.meta.url)),
    lists: new Map([['etc/lists/malicious-ioc/malware-hashes', readListText(`${knownMalware}:malware\n`)]]),
  };
}
