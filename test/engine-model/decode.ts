import type { Decoder, Offset } from './decoder.ts';
import { toLogFields } from './json-fields.ts';
import type { Ruleset } from './load-ruleset.ts';
import type { Match, Pattern } from './pattern.ts';
import { predecode } from './predecode.ts';
import type { Category } from './rule.ts';
import type { RuleEvent } from './rule-event.ts';

/** The parts of the log from which a pattern may start. */
interface Rests {
  readonly whole: string;
  parent: string;
  prematch: string;
  regex: string | null;
}

function run(pattern: Pattern | null, text: string): Match | null {
  const compilation = pattern?.compile();
  return compilation?.state === 'ready' ? compilation.match(text) : null;
}

/** `after_regex` of the first regex means after the prematch. */
function restFor(offset: Offset | null, rests: Rests): string {
  switch (offset) {
    case 'after_parent':
      return rests.parent;
    case 'after_prematch':
      return rests.prematch;
    case 'after_regex':
      return rests.regex ?? rests.prematch;
    case null:
      return rests.whole;
  }
}

/**
 * Decoders that name a program see only lines of a program, the others only lines of none (Wazuh 4.14.7): a line of
 * syslog never reaches the JSON decoder.
 */
function takes(decoder: Decoder, programName: string | undefined, rests: Rests): boolean {
  if (decoder.parent !== null) return false;
  if (programName === undefined ? decoder.programName !== null : !run(decoder.programName, programName))
    return false;
  if (decoder.prematch) {
    const match = run(decoder.prematch, rests.whole);
    if (!match) return false;
    rests.parent = rests.whole.slice(match.end);
  }
  rests.prematch = rests.parent;
  return true;
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return {};
  }
}

/** False when a regex does not match; what was found before stays. */
function extract(decoder: Decoder, rests: Rests, fields: Record<string, string>): boolean {
  if (decoder.plugin !== null) {
    if (decoder.plugin === 'JSON_Decoder') Object.assign(fields, toLogFields(parseJson(rests.whole)));
    return true;
  }
  const text = restFor(decoder.regexOffset, rests);
  const match = run(decoder.regex, text);
  if (!match) return false;
  rests.regex = text.slice(match.end);
  decoder.order.forEach((written, index) => {
    const name = written === 'user' ? 'dstuser' : written;
    const value = match.captures[index];
    if (value !== undefined) fields[name] ??= value;
  });
  return true;
}

/** Decoders of one name under one parent, in a row, are one decoder of several patterns: each adds its fields. */
function sameName(children: readonly Decoder[], first: Decoder): readonly Decoder[] {
  const rest = children.slice(children.indexOf(first));
  const next = rest.findIndex(({ name }) => name !== first.name);
  return next === -1 ? rest : rest.slice(0, next);
}

/** A child whose prematch fails is passed over together with those of its name after it. */
function findChild(children: readonly Decoder[], rests: Rests): Decoder | undefined {
  let index = 0;
  for (;;) {
    const child = children[index];
    if (child === undefined || !child.prematch) return child;
    const text = child.prematchOffset === 'after_parent' ? rests.parent : rests.whole;
    const match = run(child.prematch, text);
    if (match !== null) {
      rests.prematch = text.slice(match.end);
      return child;
    }
    index += sameName(children, child).length;
  }
}

type Decoded = Pick<RuleEvent, 'decoder' | 'fields'> & { readonly category: Category };

function applyDecoder(decoder: Decoder, children: readonly Decoder[], rests: Rests): Decoded {
  const fields: Record<string, string> = {};
  const own = { decoder: decoder.name, category: decoder.category, fields };
  if (children.length === 0) {
    extract(decoder, rests, fields);
    return own;
  }
  const child = findChild(children, rests);
  if (child === undefined) return own;
  for (const part of sameName(children, child)) extract(part, rests, fields);
  // The engine notes a child, with its type, only when its prematch matched (Wazuh 4.14.7).
  if (!child.prematch) return own;
  return { decoder: child.useOwnName ? child.name : decoder.name, category: child.category, fields };
}

export interface RawLog {
  /** Where the message says it comes from. */
  readonly location: string;
  readonly line: string;
}

/** Applies the decoders to one line of a log: the first that takes it wins. Without any, the event has no fields. */
export function decodeLog({ decoders }: Pick<Ruleset, 'decoders'>, { location, line }: RawLog): RuleEvent {
  const { log, programName, hostname } = predecode(line);
  const base = {
    ...{ log, location },
    ...(programName === undefined ? {} : { programName }),
    ...(hostname === undefined ? {} : { hostname }),
  };
  const rests: Rests = { whole: log, parent: log, prematch: log, regex: null };
  const decoder = decoders.find((candidate) => takes(candidate, programName, rests));
  if (!decoder) return { ...base, decoder: '', category: 'syslog', fields: {} };
  const children = decoders.filter(({ parent }) => parent === decoder.name);
  return { ...base, ...applyDecoder(decoder, children, rests) };
}
