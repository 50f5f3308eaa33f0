import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { loadRuleset, type RulesetFile } from './ruleset/load-ruleset.ts';

const ourDecoderFile = 'zz-opencti-decoder.xml';
const program = 'sysmon';

/**
 * Does a decoder of this manager, stock or the site's own, take the lines of program `sysmon`? The first one that
 * does takes them all, so a second one would never see a line, or silence the first.
 * @param home the Wazuh home; one that is not there has no decoders.
 */
export function hasSysmonDecoder(home: string): boolean {
  const files = ['ruleset/decoders', 'etc/decoders'].flatMap((folder) => readXmlFiles(join(home, folder)));
  const { ruleset } = loadRuleset({ rules: [], decoders: files });
  return ruleset.decoders.some(({ parent, programName }) => {
    if (parent !== null || programName === null) return false;
    const compilation = programName.compile();
    return compilation.state === 'ready' && (compilation.match(program) !== null) !== programName.negate;
  });
}

function readXmlFiles(folder: string): RulesetFile[] {
  return listFolder(folder)
    .filter((name) => name.endsWith('.xml') && name !== ourDecoderFile)
    .map((name) => ({ name, text: readFileSync(join(folder, name), 'utf8') }));
}

function listFolder(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [];
    throw error;
  }
}
