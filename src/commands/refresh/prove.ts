import type { Plan } from '../../compile/plan.ts';
import type { Config } from '../../config/schema.ts';
import { formatUnits } from '../../text.ts';
import { type Applied, nextStepsOf } from '../../wazuh/engine/ask.ts';
import type { OpenManager } from '../../wazuh/manager.ts';
import { namesOwn } from '../../wazuh/ours.ts';
import { isCanarySeen } from '../selftest/canary-seen.ts';

/** A set that an engine should have now. */
export interface LoadedSet {
  readonly plan: Plan;
  readonly marker: string;
  readonly undeclared: readonly string[];
}

/** Returns a sentence for each part of a set that the engine has dropped, doubts, has not compiled or does not run. */
export async function findProblems(
  manager: Pick<OpenManager, 'findListProblem' | 'loadedDecoders'>,
  config: Config,
  { plan, marker, undeclared }: LoadedSet,
  { how, warnings }: Applied,
): Promise<string[]> {
  const said = warnings.filter(toOwnTest(plan));
  return [
    ...said,
    ...nextStepsOf(said).map((step) => `next: ${step}`),
    ...shorten(
      plan.lists
        .filter(({ name }) => !undeclared.includes(name))
        .map(({ name, lines }) => manager.findListProblem(name, lines))
        .filter((problem) => problem !== null),
    ),
    how === 'restart-needed' ? null : await findMarkerProblem(manager, config, marker, how),
  ].filter((problem) => problem !== null);
}

/** The alert of a failed refresh shows the text of its rule alone where that has more than 1,024 bytes (Wazuh 4.14.7). */
const shownProblems = 3;

function shorten(problems: readonly string[]): string[] {
  const more = problems.length - shownProblems;
  if (more <= 0) return [...problems];
  return [...problems.slice(0, shownProblems), `${formatUnits(more, 'more list')} with a problem`];
}

/**
 * Checks that the engine runs the set that was written. When it does not list its decoders, an event of the selftest
 * has to come back.
 */
async function findMarkerProblem(
  manager: Pick<OpenManager, 'loadedDecoders'>,
  config: Config,
  marker: string,
  how: Applied['how'],
): Promise<string | null> {
  const loaded = await manager.loadedDecoders(how);
  if (loaded === null) return (await isCanarySeen(config)) ? null : noProof;
  if (loaded.has(marker)) return null;
  return `it runs another one: the decoder ${marker} of this set is not among those that it has loaded`;
}

const noProof =
  'it does not say which decoders it has, and an event of the selftest did not come back: see opencti-wazuh selftest';

/** Returns a test whether a message of the engine is about a part of this set. */
export function toOwnTest({ ruleFiles }: Plan): (message: string) => boolean {
  const ids = new Set(
    ruleFiles.flatMap(({ text }) => [...text.matchAll(/<rule id="(\d+)"/g)].map(([, id]) => Number(id))),
  );
  return (message) => {
    const [, quoted = null] = /\(1104\): Maximum string size reached for: (.+)/s.exec(message) ?? [];
    // The engine drops a rule of the site that names an id or a list of ours: that message is not about ours.
    const [, dropped = null] = /\(76(?:10|16|17|18|19)\): .*\brule '(\d+)'/i.exec(message) ?? [];
    if (dropped !== null) return ids.has(Number(dropped));
    if (quoted === null) return namesOwn(message, ids);
    // When a condition is too long, the engine names no rule, but quotes the text (Wazuh 4.14.7).
    return ruleFiles.some(({ text }) => text.includes(quoted.trim().slice(0, quotedLength)));
  };
}

/** The engine shortens what it logs; this many characters distinguish texts. */
const quotedLength = 200;
