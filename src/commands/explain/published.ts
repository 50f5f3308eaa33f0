import { isIP } from 'node:net';
import { formatKeys } from '../../compile/keys.ts';
import {
  type CheckedValue,
  type Claim,
  hashKinds,
  kinds,
  type Observable,
  type ObservableKind,
} from '../../values/kinds.ts';
import { refang, trimBlanks } from '../../values/refang.ts';
import { isSkip, type SkipReason } from '../../values/skip-reasons.ts';
import type { DetectionFolder } from '../../wazuh/detection-folder.ts';
import { sysmonLabels } from '../../wazuh/fields.ts';
import type { GateHit } from './find-gates.ts';

export interface ListHit {
  readonly list: string;
  readonly key: string;
  /** OpenCTI's internal id of the object that decided. */
  readonly id: string;
}

export interface ValueResult {
  readonly value: string;
  readonly kind: ObservableKind | null;
  /** Why no list can hold the value; null: a list can. */
  readonly refused: SkipReason | null;
  readonly lists: readonly ListHit[];
  /** The gates; they are searched only when no list has the value, since a listed value is matched by its list. */
  readonly gates: readonly GateHit[];
}

/** Returns a result for each value in the text. */
export async function lookUpValue(text: string, folder: DetectionFolder): Promise<ValueResult[]> {
  const results: ValueResult[] = [];
  for (const claim of toClaims(text))
    results.push(lookUpPlain(claim, folder) ?? (await lookUpChecked(claim, folder)));
  return results;
}

/**
 * Looks up a text as it is. Nearly every listed value is found here: the values of a list passed the check of values
 * when it was compiled, so that module, with the public suffixes and address ranges, need not be loaded.
 */
function lookUpPlain(claim: Claim, folder: DetectionFolder): ValueResult | null {
  const observable = { kind: claim.kind, value: refang(claim.text).toLowerCase() as CheckedValue };
  const lists = findInLists(observable, folder);
  return lists.length > 0 ? { ...observable, refused: null, lists, gates: [] } : null;
}

async function lookUpChecked(claim: Claim, folder: DetectionFolder): Promise<ValueResult> {
  const { toObservable } = await import('../../values/door.ts');
  const observable = toObservable(claim);
  if (isSkip(observable))
    return { value: claim.text, kind: null, refused: observable.skip, lists: [], gates: [] };
  return { ...observable, refused: null, ...(await lookUpObservable(observable, folder)) };
}

export async function lookUpObservable(
  observable: Observable,
  folder: DetectionFolder,
): Promise<Pick<ValueResult, 'lists' | 'gates'>> {
  const lists = findInLists(observable, folder);
  return { lists, gates: lists.length > 0 ? [] : await askGates(observable, folder) };
}

/** Returns every list and key with the value. */
export function findInLists(observable: Observable, folder: DetectionFolder): ListHit[] {
  return folder.fields.flatMap(({ list, kinds, spelling }) => {
    if (list === null || !kinds.some((kind) => kind === observable.kind)) return [];
    return formatKeys[spelling](observable).flatMap((key) => {
      const id = folder.lookUp(list, key);
      return id === null ? [] : [{ list, key, id }];
    });
  });
}

/** Returns the gates that match. The rules are read only here: a million values make megabytes of them. */
async function askGates(observable: Observable, folder: DetectionFolder): Promise<GateHit[]> {
  const { findGates } = await import('./find-gates.ts');
  return findGates(observable, folder.fields, await folder.readRules());
}

/**
 * Returns the values that a text of a person may mean: a hash by its length, hashes as Sysmon writes them (one or
 * several, joined by commas), an address or network, else a name.
 */
export function toClaims(text: string): Claim[] {
  const plain = trimBlanks(text);
  const labelled = plain.split(',').flatMap(toLabelledHash);
  if (labelled.length > 0) return labelled;
  const kind = hashKinds.find((hash) => plain.length === kinds[hash].digits && /^[0-9a-f]+$/i.test(plain));
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
