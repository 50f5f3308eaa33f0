import { renderAlternation } from './alternation.ts';
import { growNodes, type Node } from './grow.ts';
import {
  fromNameKey,
  nameEnd,
  nameSymbolBits,
  toEndingPattern,
  toNameKey,
  toNameSymbol,
} from './name-key.ts';

function commonEnding(names: readonly string[]): string {
  let [ending = ''] = names;
  for (const name of names) {
    while (!name.endsWith(ending)) ending = ending.slice(1);
  }
  return ending;
}

function toStems(names: readonly string[], ending: string): string {
  return renderAlternation(names.map((name) => name.slice(0, name.length - ending.length)).sort());
}

/** Every name, whole or after a dot; of an exact name no subdomain. */
function renderNames(keys: readonly string[]): string {
  const decoded = keys.map(fromNameKey);
  const ending = commonEnding(decoded.map(({ name }) => name));
  const branches: string[] = [];
  const wide = decoded.filter(({ exact }) => !exact);
  const exact = decoded.filter((name) => name.exact);
  if (wide.length > 0)
    branches.push(
      `(?:^|.)${toStems(
        wide.map(({ name }) => name),
        ending,
      )}`,
    );
  if (exact.length > 0)
    branches.push(
      `^${toStems(
        exact.map(({ name }) => name),
        ending,
      )}`,
    );
  const stems = branches.length === 1 ? branches[0] : `(?:${branches.join('|')})`;
  return `(?i)${`${stems}${ending}`.replaceAll('.', '\\.')}${nameEnd}`;
}

/** Gates for names (lower case, checked): each with its subdomains except the exact ones, in any case. */
export function growNameNodes(names: readonly string[], isExact: (name: string) => boolean): Node[] {
  return growNodes({
    keys: names.map((name) => toNameKey(name, isExact(name))).sort(),
    symbolBits: nameSymbolBits,
    toSymbol: toNameSymbol,
    isInner: (depth) => depth > 0 && depth % 3 === 0,
    innerPattern: toEndingPattern,
    leafPattern: renderNames,
  });
}
