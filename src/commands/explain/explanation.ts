import { join } from 'node:path';
import { toExactOnly } from '../../compile/gates/names.ts';
import type { Config } from '../../config/schema.ts';
import { toObservable } from '../../values/door.ts';
import { type Observable, type Subject, toSubject } from '../../values/kinds.ts';
import { isSkip } from '../../values/skip-reasons.ts';
import type { DetectionFolder } from '../../wazuh/detection-folder.ts';
import { findSince, historyFile } from '../report/history.ts';
import { findRunFolder } from '../report/index.ts';
import type { Decided } from './decide.ts';
import { lookUpObservable, toClaims } from './published.ts';
import type { DecisionSource } from './sources.ts';
import type { Explanation } from './steps.ts';
import { describeRefused, describeSteps } from './steps.ts';

/** Explains the decisions about values. @param folder with the lists as they are now; null: there are none here. */
export async function explainText(
  text: string,
  source: DecisionSource,
  folder: DetectionFolder | null,
  config: Config,
): Promise<Explanation[]> {
  const parts = toClaims(text).map((claim) => ({ claim, observable: toObservable(claim) }));
  const values = parts.flatMap(({ observable }) => (isSkip(observable) ? [] : [observable]));
  const decided = await source.decide(values);
  return Promise.all(
    parts.map(({ claim, observable }) => {
      if (isSkip(observable)) return describeRefused(claim, observable.skip);
      const decision = decided[values.indexOf(observable)];
      if (decision === undefined) throw new RangeError(`no decision about ${observable.value}`);
      return toExplanation(text, observable, decision, { source, folder, config });
    }),
  );
}

interface Surroundings {
  readonly source: DecisionSource;
  readonly folder: DetectionFolder | null;
  readonly config: Config;
}

async function toExplanation(
  text: string,
  observable: Observable,
  decided: Decided,
  { source, folder, config }: Surroundings,
): Promise<Explanation> {
  const { lists, gates } = folder ? await lookUpObservable(observable, folder) : { lists: [], gates: [] };
  const since = folder ? findSince(join(findRunFolder(folder.folder), historyFile)) : () => null;
  const listed = lists.map((hit) => ({ ...hit, since: since(hit) }));
  return {
    ...observable,
    decision: decided.decision,
    reason: decided.reason,
    steps: describeSteps({
      text,
      observable,
      decided,
      config,
      listed,
      gates,
      source,
      hasLists: folder !== null,
    }),
    objects: decided.objects,
    lists: listed,
    gates,
    ...describeMatches(observable, decided.decision === 'in' || listed.length > 0, config),
  };
}

type Matches = { readonly matches: readonly string[]; readonly misses: readonly string[] };

/** Returns texts of a field that match, and texts that do not. @param isIn without it nothing matches by this value. */
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
} as const satisfies Record<Subject, (value: string, gates: Config['gates']) => Matches>;
