import type { Claim } from '../../observable/kinds.ts';
import { toTarget } from './target.ts';

const valuePath = ['value'];
const nothing = { claim: null, other: null };
/** `domain-name:value = 'x'`, `file:hashes.MD5 = 'x'`, `file:hashes.'SHA-256' = 'x'`, and what follows. */
const comparison =
  /([a-z][a-z0-9-]*):(?:value|hashes\.(?:'([A-Za-z0-9-]+)'|([A-Za-z][A-Za-z0-9]*))) = '([^'\\]*)'(\]$| OR )/y;

/**
 * The claims of a pattern as feeds write it: one observation, equalities joined by OR, one blank between its parts, no
 * escape, and each part usable. Null for every other one, which the parser reads; it reads this one the same.
 */
export function readPlainPattern(source: string): Claim[] | null {
  if (!source.startsWith('[')) return null;
  const claims: Claim[] = [];
  comparison.lastIndex = 1;
  for (;;) {
    const found = comparison.exec(source);
    if (found === null) return null;
    const [, objectType = '', quoted, bare, text = '', next] = found;
    const algorithm = quoted ?? bare;
    const path = algorithm === undefined ? valuePath : ['hashes', algorithm];
    const target = toTarget({ objectType, path });
    const { claim, other } = 'reason' in target ? nothing : target.read(text);
    if (claim === null || other !== null) return null;
    claims.push(claim);
    if (next !== ' OR ') return claims;
  }
}
