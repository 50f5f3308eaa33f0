import type { Decoder, Offset } from './decoder.ts';
import { type FileContext, fileReport } from './parse-rule.ts';
import { type Pattern, type PatternType, toPattern } from './pattern.ts';
import type { Report } from './problem.ts';
import { readRoots } from './read-roots.ts';
import type { Category } from './rule.ts';
import { attributeOf, type XmlElement } from './xml.ts';

const known: ReadonlySet<string> = new Set([
  ...[
    'plugin_decoder',
    'use_own_name',
    'parent',
    'program_name',
    'prematch',
    'regex',
    'order',
    'type',
    'fts',
  ],
  ...['ftscomment', 'accumulate', 'json_null_field', 'json_array_structure'],
]);

const decoderTypes: Readonly<Record<string, Category>> = {
  firewall: 'firewall',
  ids: 'ids',
  'web-log': 'web-log',
  syslog: 'syslog',
  squid: 'squid',
  windows: 'windows',
  ossec: 'ossec',
  'host-information': 'ossec',
};

const offsets: ReadonlySet<string> = new Set(['after_parent', 'after_prematch', 'after_regex']);

function elementsOf(decoder: XmlElement, name: string): XmlElement[] {
  return decoder.children.filter((child) => child.name.toLowerCase() === name);
}

function textOf(decoder: XmlElement, name: string): string | null {
  const elements = elementsOf(decoder, name);
  return elements.length === 0 ? null : elements.map(({ text }) => text).join('');
}

/** Only the first of several elements may have an offset, and the last one's type counts. */
function patternOf(decoder: XmlElement, name: string, fallback: PatternType): Pattern | null {
  const text = textOf(decoder, name);
  const last = elementsOf(decoder, name).at(-1);
  if (text === null || last === undefined) return null;
  const written = attributeOf(last, 'type')?.toLowerCase();
  const type = written === 'osregex' || written === 'pcre2' ? written : fallback;
  return toPattern(type, text);
}

function offsetOf(decoder: XmlElement, name: string): Offset | null {
  const written = elementsOf(decoder, name)[0];
  const offset = written && attributeOf(written, 'offset')?.toLowerCase();
  return offset !== undefined && offsets.has(offset) ? (offset as Offset) : null;
}

function toDecoder(element: XmlElement, name: string): Decoder {
  return {
    name,
    parent: textOf(element, 'parent'),
    category: decoderTypes[textOf(element, 'type') ?? 'syslog'] ?? 'syslog',
    programName: patternOf(element, 'program_name', 'osmatch'),
    prematch: patternOf(element, 'prematch', 'osregex'),
    prematchOffset: offsetOf(element, 'prematch'),
    regex: patternOf(element, 'regex', 'osregex'),
    regexOffset: offsetOf(element, 'regex'),
    order: (textOf(element, 'order') ?? '')
      .split(',')
      .map((word) => word.trim())
      .filter((word) => word !== ''),
    plugin: textOf(element, 'plugin_decoder'),
    useOwnName: textOf(element, 'use_own_name') === 'true',
  };
}

/** What the engine refuses about a decoder (Wazuh 4.14.7). */
function faultOf(decoder: Decoder, element: XmlElement): string | null {
  const stranger = element.children.find(({ name }) => !known.has(name.toLowerCase()));
  if (stranger) return `a decoder has no element <${stranger.name}>`;
  if (!decoder.prematch && !decoder.parent && !decoder.programName)
    return 'needs a prematch, parent or program_name';
  if ((decoder.regex === null) !== (decoder.order.length === 0)) return 'needs regex and order together';
  if (decoder.plugin !== null && decoder.regex) return 'has a plugin and a regex';
  if (decoder.regexOffset === 'after_parent' && !decoder.parent) return 'has no parent for after_parent';
  if (decoder.prematchOffset !== null && (!decoder.parent || decoder.prematchOffset !== 'after_parent')) {
    return 'may have a prematch offset of after_parent only, and with a parent';
  }
  if (decoder.regexOffset === 'after_prematch' && decoder.parent && !decoder.prematch) {
    return 'has no prematch for after_prematch';
  }
  return null;
}

function checkPatterns(
  { name, programName, prematch, regex }: Decoder,
  offset: number,
  { ours }: FileContext,
  report: Report,
): void {
  for (const pattern of [programName, prematch, regex]) {
    const compilation = pattern?.compile();
    if (compilation === undefined || compilation.state === 'ready') continue;
    if (compilation.state === 'unsupported' && !ours) continue;
    const cause = compilation.state === 'refused' ? 'invalid-pattern' : 'unsupported-pattern';
    report(cause, offset, `decoder ${name}: ${compilation.reason}`);
  }
}

/** The engine looks for a parent among the decoders that are loaded by then and have none themselves (Wazuh 4.14.7). */
function findParentFault({ name, parent }: Decoder, roots: Set<string>): string | null {
  if (parent === null) roots.add(name);
  return parent === null || roots.has(parent)
    ? null
    : `has the parent "${parent}", and no decoder without a parent loaded before has that name`;
}

/**
 * The decoders of one file in their order, and what the engine refuses about them.
 * @param roots names of the decoders without a parent of the files before; those of this one are added.
 */
export function parseDecoderFile(text: string, context: FileContext, roots: Set<string>): Decoder[] {
  const report = fileReport(context);
  const read = readRoots(text, report);
  if (read?.length === 0)
    report('blank-file', 0, 'the file holds no <decoder>: the engine refuses such a file');
  return (read ?? []).flatMap((root) => {
    const name = attributeOf(root, 'name');
    if (root.name.toLowerCase() !== 'decoder' || name === undefined) {
      report('invalid-decoder', root.start, `<${root.name}> is not a <decoder name="...">`);
      return [];
    }
    const decoder = toDecoder(root, name);
    const problem = faultOf(decoder, root) ?? findParentFault(decoder, roots);
    if (problem) report('invalid-decoder', root.start, `decoder ${name} ${problem}`);
    if (context.compiles) checkPatterns(decoder, root.start, context, report);
    return problem ? [] : [decoder];
  });
}
