import { toExactOnly } from '../../compile/gates/exact-only.ts';
import type { Config } from '../../config/schema.ts';
import { type Observable, toSubject } from '../../observable/kinds.ts';

type Matches = { readonly matches: readonly string[]; readonly misses: readonly string[] };

/** What an event may have in its field. @param isIn without it nothing matches by this value. */
export function describeMatches(observable: Observable, isIn: boolean, { gates }: Config): Matches {
  if (!isIn) return { matches: [], misses: [] };
  if (observable.kind.endsWith('-network')) {
    return {
      matches: [`any address of ${observable.value}`],
      misses: ['an address outside of it'],
    };
  }
  return describers[toSubject(observable.kind)](observable.value, gates);
}

const describers = {
  hash: (value, gates) => {
    const composite = 'a Sysmon field with several hashes ("SHA1=...,MD5=...")';
    return {
      matches: [
        `the hash ${value} in FIM and in Sysmon, as each of them spells it`,
        ...(gates.hashes ? [composite] : []),
      ],
      misses: [
        'the same file by a hash that OpenCTI does not have',
        ...(gates.hashes ? [] : [`${composite}: gates.hashes is off`]),
      ],
    };
  },
  name: (value, gates) => {
    const otherCase = `another case (${value.toUpperCase()})`;
    const isBelowOthers = toExactOnly(gates.exactNames)(value);
    const below = isBelowOthers ? [] : [`a name below it (www.${value})`];
    return {
      matches: [`a query for ${value}`, ...(gates.domains ? [otherCase, ...below] : [])],
      misses: [
        'the domain above it',
        `a name that only ends like it (not${value})`,
        ...(isBelowOthers ? [`a name below it (www.${value}): those are other people's`] : []),
        ...(gates.domains ? [] : [otherCase, ...below].map((text) => `${text}: gates.domains is off`)),
      ],
    };
  },
  address: (value) => ({
    matches: [`a connection to ${value}`],
    misses: ['a connection to another address of its network', 'a query for a name that leads to it'],
  }),
} as const satisfies Record<string, (value: string, gates: Config['gates']) => Matches>;
