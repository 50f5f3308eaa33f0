import { formatListLine } from '../wazuh/list-text.ts';
import { formatNetworkKey, networkMapName } from '../wazuh/network-map.ts';
import { createLines, type Lines, toRun } from './list-lines.ts';
import type { ValueSet } from './value-set.ts';

/** Each network that gates are made of, and the object that decided; sorted as a list is. */
export interface NetworkMap {
  readonly name: typeof networkMapName;
  readonly lines: Lines;
}

export function compileNetworkMap(values: ValueSet): NetworkMap {
  const { ids, values: store } = values.objects;
  const lines: string[] = [];
  for (const kind of ['ipv4-network', 'ipv6-network'] as const) {
    for (const number of values.sorted(kind)) {
      const key = formatNetworkKey(store.textAt(number));
      lines.push(formatListLine({ key, value: ids.at(values.objectOf(number)) }));
    }
  }
  return { name: networkMapName, lines: createLines([toRun(lines.sort())], ids.longest) };
}
