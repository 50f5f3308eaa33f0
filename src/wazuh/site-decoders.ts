import { join } from 'node:path';
import { decodersOfProgram } from './ruleset/decode.ts';
import { loadRuleset } from './ruleset/load-ruleset.ts';
import { readXmlFiles } from './ruleset-folder.ts';

/**
 * Does a decoder of this manager, stock or the site's own, take the lines of program `sysmon`? The first one that
 * does takes them all, so a second one would never see a line, or silence the first.
 * @param home the Wazuh home; one that is not there has no decoders.
 */
export function hasSysmonDecoder(home: string): boolean {
  const files = ['ruleset/decoders', 'etc/decoders'].flatMap((folder) => readXmlFiles(join(home, folder)));
  const { ruleset } = loadRuleset({ rules: [], decoders: files.filter(({ ours }) => !ours) });
  return decodersOfProgram(ruleset.decoders, 'sysmon').length > 0;
}
