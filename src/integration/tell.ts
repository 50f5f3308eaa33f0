import { canaryId } from '../wazuh/canaries.ts';
import { formatQueueMessage, longestMessage } from '../wazuh/queue/message.ts';
import type { Alert } from './alert.ts';
import { type LookUp, unreachable } from './ask.ts';
import type { Candidate } from './candidate.ts';
import { type Content, type Source, toSource } from './event.ts';
import { renderEvent } from './fit.ts';
import { type RunReport, type RunState, toReport } from './run-state.ts';
import { toContext } from './shape.ts';
import { claimSkipped, countSkipped, nothingSkipped } from './state/breaker.ts';
import { noteFolder } from './state/folder.ts';

/**
 * Says what the look-up found. Of a value that no list has and OpenCTI does not know there is nothing to say.
 * @param nearest what stands for the event where nothing was found.
 */
export function tell(result: LookUp, nearest: Candidate, run: RunState): Promise<RunReport> | RunReport {
  const { alert } = run;
  switch (result.outcome) {
    case 'found': {
      const { best, otherIds } = result;
      const others = otherIds.length > 0 ? { other_ids: otherIds } : {};
      const source = { ...toCandidateSource(alert, best.candidate), ...others };
      return deliver(run, { outcome: `found ${best.id}`, content: toContext(best), source });
    }
    case 'not confirmed': {
      run.notes.push(result.reason);
      const isListed = alert.isListMatch || nearest.listId !== null;
      if (!isListed) return toReport(run, nearest.value, 'no event: not confirmed, and in no list');
      const content = { event: 'not_confirmed', reason: result.reason } as const;
      return deliver(run, { outcome: 'not confirmed', content, source: toUnmatchedSource(alert, nearest) });
    }
    case 'failed':
      return tellError(result.error, toUnmatchedSource(alert, nearest), run);
    case 'not asked':
      return tellLater(result.error, nearest, run);
  }
}

/** The next event carries the count. */
function tellLater(error: string, nearest: Candidate, run: RunState): RunReport {
  const problem = countSkipped(run.stateFolder);
  if (problem !== null) noteFolder('this match is counted nowhere', run.stateFolder, problem, run.notes);
  return toReport(run, nearest.value, `not asked: ${error}`);
}

export function tellError(error: string, source: Source, run: RunState): Promise<RunReport> {
  return deliver(run, { outcome: `failed: ${error}`, content: { error }, source });
}

/** Answers for a value of the selftest, which no OpenCTI knows: the way there and back is what is asked for. */
export function tellCanary(source: Source, run: RunState): Promise<RunReport> {
  const content = { id: canaryId, value: source.value };
  return deliver(run, { outcome: 'a canary of the selftest', content, source: { ...source, canary: true } });
}

/** Nothing matched, or nobody knows by what: the source has no `matched_by`. */
function toUnmatchedSource(alert: Alert, { kind, sighting, listId }: Candidate): Source {
  // The id of a network comes from the map beside the lists.
  const isInList = listId !== null && !kind.endsWith('-network');
  return toSource(alert, sighting, isInList ? { list: sighting.field.list } : {});
}

function toCandidateSource(alert: Alert, candidate: Candidate): Source {
  return { ...toUnmatchedSource(alert, candidate), matched_by: candidate.matchedBy };
}

interface Told {
  readonly outcome: string;
  readonly content: Content;
  readonly source: Source;
}

async function deliver(run: RunState, { outcome, content, source }: Told): Promise<RunReport> {
  const { alert, notes, stateFolder, options } = run;
  const skipped = options.call.isTrial ? nothingSkipped : claimSkipped(stateFolder);
  let isTold = false;
  try {
    const contents = withSkipped(content, source, skipped.count);
    const messages = contents.map((each) => toMessage(alert, each, source));
    const { how, why, fromSpool } = await run.delivery.deliver(messages);
    isTold = how === 'sent' || how === 'spooled';
    noteFlushed(fromSpool, notes);
    if (why !== null) notes.push(why);
    return { ...toReport(run, source.value, `${outcome}, ${how}`), isFailure: how === 'lost', isTold };
  } finally {
    if (isTold) skipped.settle();
    else skipped.giveBack();
  }
}

export function noteFlushed(fromSpool: number, notes: string[]): void {
  if (fromSpool > 0) notes.push(`${fromSpool} from the spool sent before`);
}

/** The matches that got no context are told once: with the next error, or behind the next other event. */
function withSkipped(content: Content, { alert_id }: Source, skipped: number): Content[] {
  if (skipped === 0) return [content];
  if ('error' in content) return [{ ...content, not_enriched: skipped }];
  const matches = skipped === 1 ? '1 match' : `${skipped} matches`;
  const error = `${unreachable}: it did not answer for a while; ${matches} before alert ${alert_id} got no context`;
  return [content, { error, not_enriched: skipped }];
}

function toMessage(alert: Alert, content: Content, source: Source): string {
  const header = formatQueueMessage(alert.agent, '');
  return header + renderEvent(content, source, longestMessage - Buffer.byteLength(header));
}
