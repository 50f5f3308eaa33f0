import { canaryId } from '../wazuh/canaries.ts';
import { formatQueueMessage, longestMessage } from '../wazuh/queue/message.ts';
import type { Alert } from './alert.ts';
import type { Candidate } from './candidate.ts';
import { type Content, type Source, toSource } from './event.ts';
import { renderEvent } from './fit.ts';
import { type LookUp, unreachable } from './look-up.ts';
import { type RunReport, type RunState, toReport } from './run-state.ts';
import { toContext } from './shape.ts';
import { countSkipped, takeSkipped } from './state/breaker.ts';

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
      const isListed = alert.isListMatch || nearest.listId !== null;
      if (!isListed) return toReport(run, nearest.value, 'not known to OpenCTI');
      const content = { event: 'not_confirmed', reason: result.reason } as const;
      return deliver(run, { outcome: 'not confirmed', content, source: toUnmatchedSource(alert, nearest) });
    }
    case 'failed':
      return tellError(result.error, toUnmatchedSource(alert, nearest), run);
    case 'not asked':
      countSkipped(run.stateFolder);
      return toReport(run, nearest.value, `not asked: ${result.error}`);
  }
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
function toUnmatchedSource(alert: Alert, { sighting, listId }: Candidate): Source {
  return toSource(alert, sighting, listId === null ? {} : { list: sighting.field.list });
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
  const { alert, delivery, notes } = run;
  const contents = withSkipped(content, source, run);
  const delivered = await delivery.deliver(contents.map((each) => toMessage(alert, each, source)));
  if (delivered.fromSpool > 0) notes.push(`${delivered.fromSpool} from the spool sent before`);
  if (delivered.why !== null) notes.push(delivered.why);
  const report = toReport(run, source.value, `${outcome}, ${delivered.how}`);
  return { ...report, isFailure: delivered.how === 'lost' };
}

/** The matches that got no context are told once: with the next error, or when OpenCTI answers again. */
function withSkipped(content: Content, { alert_id }: Source, { options, stateFolder }: RunState): Content[] {
  const skipped = options.call.isTrial ? 0 : takeSkipped(stateFolder);
  if (skipped === 0) return [content];
  if ('error' in content) return [{ ...content, not_enriched: skipped }];
  const matches = skipped === 1 ? '1 match' : `${skipped} matches`;
  const error = `${unreachable}: it answers again; ${matches} before alert ${alert_id} got no context`;
  return [content, { error, not_enriched: skipped }];
}

function toMessage(alert: Alert, content: Content, source: Source): string {
  const header = formatQueueMessage(alert.agent, '');
  return header + renderEvent(content, source, longestMessage - Buffer.byteLength(header));
}
