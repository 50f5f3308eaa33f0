import { isIP } from 'node:net';
import { type Claim, hashKinds, hexDigits } from '../../observable/kinds.ts';
import { refang, trimBlanks } from '../../observable/refang.ts';
import { sysmonLabels } from '../../wazuh/sysmon-labels.ts';

/**
 * What a person who types a value may mean: a hash by its length, hashes as Sysmon writes them (one or several,
 * joined by commas), an address or network, else a name.
 */
export function toClaims(text: string): Claim[] {
  const plain = trimBlanks(text);
  const labelled = plain.split(',').flatMap(toLabelledHash);
  if (labelled.length > 0) return labelled;
  const kind = hashKinds.find((hash) => plain.length === hexDigits[hash] && /^[0-9a-f]+$/i.test(plain));
  if (kind !== undefined) return [{ kind, text: plain }];
  const [host = ''] = refang(plain).split('/');
  const family = isIP(host);
  if (family !== 0) return [{ kind: family === 4 ? 'ipv4' : 'ipv6', text: plain }];
  return [{ kind: 'name', text: plain }];
}

function toLabelledHash(part: string): Claim[] {
  const [label = '', ...hash] = part.split('=');
  const kind = hashKinds.find((hashKind) => sysmonLabels[hashKind] === label.toUpperCase());
  return kind === undefined || hash.length === 0 ? [] : [{ kind, text: hash.join('=') }];
}
