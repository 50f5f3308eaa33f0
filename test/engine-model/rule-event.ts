import type { Decoder } from './decoder.ts';
import type { Category } from './rule.ts';
import { staticNames } from './rule-options.ts';

/** A decoded event, as the rules see it. */
export interface RuleEvent {
  /** The name that `decoded_as` is compared with. */
  readonly decoder: string;
  /** By default what the engine gives events of that decoder. */
  readonly category?: Category;
  /** Fields by their names in rules; case does not matter. */
  readonly fields: Readonly<Record<string, string>>;
  readonly programName?: string;
  /** The host of the log, or the name of the agent. When left out, a condition on it may hold. */
  readonly hostname?: string;
  /** With the agent in front, `(name) address->path`. When left out, a condition on it may hold. */
  readonly location?: string;
  /** The text that `<match>` and `<regex>` look at. When left out, they may hold. */
  readonly log?: string;
}

/** Decoders that are part of the engine; their events are of category `ossec`. */
const engineDecoder = /^(?:windows_eventchannel|syscheck_\w+|rootcheck|ossec|sca|syscollector|ciscat)$/;

export function categoryOf({ decoder, category }: RuleEvent, decoders: readonly Decoder[]): Category {
  if (category) return category;
  if (engineDecoder.test(decoder)) return 'ossec';
  return decoders.find(({ name }) => name === decoder)?.category ?? 'syslog';
}

/**
 * The fields by lower-case name; of names that differ in case only the first counts. What has the name of a place of
 * the engine's own in another case cannot be reached by a rule.
 */
export function foldFields(fields: Readonly<Record<string, string>>): ReadonlyMap<string, string> {
  const folded = new Map<string, string>();
  for (const [name, value] of Object.entries(fields)) {
    const key = name.toLowerCase();
    const isHidden = name !== key && staticNames.has(key);
    if (!isHidden && !folded.has(key)) folded.set(key, value);
  }
  return folded;
}
