import type { Config } from '../../config/schema.ts';
import { formatUnits } from '../../text.ts';
import { toObservable } from '../../values/door.ts';
import { isLowerHex, toHex } from '../../values/hash.ts';
import { type Claim, type Observable, type ObservableKind, toSubject } from '../../values/kinds.ts';
import { refang, trimBlanks } from '../../values/refang.ts';
import { isSkip, type SkipReason, skipReasons } from '../../values/skip-reasons.ts';
import type { Decided, ExplainedObject } from './decide.ts';
import type { GateHit } from './find-gates.ts';
import { toClaims } from './published.ts';
import type { DecisionSource } from './sources.ts';

/** One line of the decision. */
export interface Step {
  readonly step: 'value' | 'objects' | 'filters' | 'decision' | 'lists' | 'published' | 'limits';
  readonly text: string;
}

export interface ListedKey {
  readonly list: string;
  readonly key: string;
  readonly id: string;
  /** ISO 8601: the run that brought the key in; null: not known. */
  readonly since: string | null;
}

/** The output of `explain --json`, one line for each value. Keys are only added. */
export interface Explanation {
  /** In its normal form, or as it was given where it has none. */
  readonly value: string;
  readonly kind: ObservableKind | null;
  /** `unknown`: OpenCTI has no object of it. */
  readonly decision: 'in' | 'out' | 'unknown';
  readonly reason: SkipReason | null;
  readonly steps: readonly Step[];
  readonly objects: readonly ExplainedObject[];
  readonly lists: readonly ListedKey[];
  /** Asked only where no list has the value. */
  readonly gates: readonly GateHit[];
  /** What an event may have in the field and match, and what does not. */
  readonly matches: readonly string[];
  readonly misses: readonly string[];
}

/** Explains a text that is no value: no source has to be asked. */
export function describeRefused(claim: Claim, reason: SkipReason): Explanation {
  const { kind, text } = claim;
  const { why, what } = skipReasons[reason];
  return {
    value: text,
    kind: null,
    decision: 'out',
    reason,
    steps: [
      { step: 'value', text: `${JSON.stringify(text)}, taken as ${kind}, is refused (${reason}): ${why}` },
      { step: 'decision', text: findBetterQuestion(claim) ?? what },
    ],
    objects: [],
    lists: [],
    gates: [],
    matches: [],
    misses: ['No list and no gate can hold it.'],
  };
}

export interface StepsInput {
  readonly text: string;
  readonly observable: Observable;
  readonly decided: Decided;
  readonly config: Config;
  readonly listed: readonly ListedKey[];
  readonly gates: readonly GateHit[];
  readonly source: Pick<DecisionSource, 'name' | 'limits'>;
  readonly hasLists: boolean;
}

export function describeSteps(input: StepsInput): Step[] {
  const { text, observable, decided } = input;
  const { kind, value } = observable;
  const form =
    text.trim() === value
      ? `${value} is a value of kind ${kind}`
      : `${JSON.stringify(text)} is ${value}, kind ${kind}`;
  return [
    { step: 'value', text: `${form}.` },
    { step: 'objects', text: describeObjects(input) },
    ...describeStates(decided.objects),
    ...describeNaming(decided.objects),
    ...describeRelated(decided),
    ...describeDecision(input),
    ...describeTrust(decided),
    ...describeListing(decided),
    { step: 'published', text: describePublished(input) },
    ...(input.source.limits === null ? [] : [{ step: 'limits' as const, text: input.source.limits }]),
  ];
}

function describeObjects({ decided, source: { name: source } }: StepsInput): string {
  const { objects, linked } = decided;
  if (source === null) return 'There is no record of a run here: of its objects nothing is known.';
  if (objects.length === 0) {
    return decided.decision === 'unknown'
      ? `${source} has no object of it.`
      : `${source} names no object of it.`;
  }
  const counted = (type: ExplainedObject['type']) =>
    formatUnits(objects.filter((object) => object.type === type).length, type);
  const known = [counted('indicator'), counted('observable')].filter((text) => !text.startsWith('0 '));
  const hashes = linked.map(({ kind, value }) => `${kind} ${value}`).join(', ');
  const file = hashes && ` It is a file with ${hashes}: its hashes are decided together.`;
  return `${source} has ${known.join(' and ')} of it.${file}`;
}

/** Returns steps for objects that do not count, with the reasons. */
function describeStates(objects: readonly ExplainedObject[]): Step[] {
  return objects.flatMap(({ type, id, state }) =>
    state === 'counts'
      ? []
      : [
          {
            step: 'filters' as const,
            text: `${type} ${id} does not count (${state}): ${texts[state] ?? skipReasons[state].why}`,
          },
        ],
  );
}

/**
 * Returns steps for indicators that name the value in a pattern that no list can hold, to explain why they are not
 * sufficient.
 */
function describeNaming(objects: readonly ExplainedObject[]): Step[] {
  return objects.flatMap(({ type, id, names_only: reason }) =>
    reason === null
      ? []
      : [
          {
            step: 'filters' as const,
            text: `${type} ${id} names it, but its pattern cannot bring it in (${reason}): ${skipReasons[reason].why}`,
          },
        ],
  );
}

/** Returns steps for relations in OpenCTI that only a question about one value shows. */
function describeRelated({ related }: Decided): Step[] {
  return related.map(({ id, observable, reason, death }) => {
    const about = `indicator ${id} is based on observable ${observable}, but its pattern names no value of it (${reason}), so no refresh counts it.`;
    const dead = ` It is dead (${death}): custom-opencti counts that, and confirms no match by the observable unless another indicator is alive.`;
    return { step: 'filters', text: death === null ? about : about + dead };
  });
}

function describeTrust({ untrusted }: Decided): Step[] {
  if (untrusted === null) return [];
  const text = `select.trust decided: less trusted objects speak against it, and without select.trust it would be out (${untrusted}).`;
  return [{ step: 'decision', text }];
}

/** Texts about an object, for reasons whose text about a value would be misleading. */
const texts: Partial<Record<SkipReason, string>> = {
  revoked: 'It is revoked.',
  expired: 'Its time is over or has not begun.',
  'no-detection': 'Its detection flag is off.',
  'low-confidence': 'Its confidence is below select.indicators.min_confidence.',
  'barred-label': 'It carries a label of select.labels.none, which keeps the value out.',
  'filtered-label': 'It has no label that is asked for.',
  'filtered-marking': 'It has a marking that is not asked for, or none that is.',
  'filtered-author': 'Its author is not asked for.',
  'filtered-age': 'It is older than asked for.',
};

function describeDecision({ observable, decided, config }: StepsInput): Step[] {
  if (decided.decision === 'unknown') return describeWould(decided);
  const decider = decided.objects.find(({ decides }) => decides);
  const minimum = config.select.minScores[toSubject(observable.kind)] ?? config.select.minScore;
  const by = decider
    ? `${decider.type} ${decider.id} decides, score ${decider.score ?? 'none'}, minimum ${minimum}. `
    : '';
  if (decided.reason === null) return [{ step: 'decision', text: `${by}The value is in.` }];
  const { why, what } = skipReasons[decided.reason];
  return [{ step: 'decision', text: `${by}The value is out (${decided.reason}): ${why} ${what}` }];
}

function describeListing({ listing }: Decided): Step[] {
  if (listing === null) return [];
  const place = listing.line === null ? '' : `, line ${listing.line}`;
  const kind = listing.isAllowFile ? 'The allow file' : 'The warning list';
  const note = listing.note === undefined ? '' : `: ${listing.note}`;
  return [{ step: 'lists', text: `${kind} ${listing.list}${place} has it${note}.` }];
}

/** Returns a step for a value without objects that would be out in any case. */
function describeWould({ wouldBeOut }: Decided): Step[] {
  if (wouldBeOut === null) return [];
  const { why, what } = skipReasons[wouldBeOut];
  const text = `If OpenCTI had one, the value would be out nevertheless (${wouldBeOut}): ${why} ${what}`;
  return [{ step: 'decision', text }];
}

/** Returns the step about the published lists, which may differ from the present decision by a refresh. */
function describePublished({ decided, listed, gates, hasLists }: StepsInput): string {
  if (!hasLists) return 'There are no lists here to look into (--from names a folder).';
  const [first] = listed;
  if (first) {
    const since =
      first.since === null
        ? ''
        : `, the last one since the run of ${listed
            .map(({ since }) => since)
            .sort()
            .at(-1)}`;
    const late = decided.decision === 'in' ? '' : ' The next refresh takes it out.';
    // A list can have a value in several spellings.
    const lists = new Set(listed.map(({ list }) => list));
    return `It is in ${formatUnits(lists.size, 'list')}${since}.${late}`;
  }
  if (gates.length > 0 && decided.decision === 'in') {
    return `It is in no list, but gates have it: they match it in ${formatUnits(gates.length, 'event')}.`;
  }
  if (gates.length > 0) {
    const events = formatUnits(gates.length, 'event');
    return `It is in no list, but ${events} with it would match by a gate: a value above it or a network around it is in.`;
  }
  return decided.decision === 'in'
    ? 'It is in no list and in no gate yet: the next refresh brings it in.'
    : 'It is in no list and in no gate.';
}

/** Hexadecimal digits of the hashes that no event field carries: SHA-224, SHA-384, SHA-512. */
const otherLengths: ReadonlySet<number> = new Set([56, 96, 128]);

/** A longer text is no host. */
const longestUrl = 4_096;

/**
 * Returns a sentence about what to ask instead of a text that no event field can carry; null: there is nothing better.
 */
function findBetterQuestion({ text }: Claim): string | null {
  const hex = toHex(text);
  if (otherLengths.has(hex.length) && isLowerHex(hex))
    return 'No event field carries such a hash: ask for the SHA-256, SHA-1 or MD5 of the file.';
  const host = findHost(text);
  return host === null
    ? null
    : `No event field carries a URL or a port, only what its host is: ask with "opencti-wazuh explain ${host}".`;
}

/** The host of a URL, with or without its scheme, in normal form; null: the text is none. */
function findHost(text: string): string | null {
  const plain = trimBlanks(text);
  if (plain.length > longestUrl) return null;
  const [, authority = ''] = /^(?:[a-z][a-z0-9+.-]*(?::|\[:\])\/\/)?([^/?#\s]+)/i.exec(plain) ?? [];
  const host = authority.slice(authority.lastIndexOf('@') + 1).replace(/:\d{0,5}$/, '');
  const bare = refang(host).replace(/^\[(.*)\]$/, '$1');
  if (bare === plain) return null;
  const [value] = toClaims(bare).map(toObservable);
  return value === undefined || isSkip(value) ? null : value.value;
}
