import { exactAttributeOf, type XmlElement } from '../../src/wazuh/xml.ts';
import type { Decoder, Offset } from './decoder.ts';
import { type FileContext, fileReport } from './parse-rule.ts';
import { type Pattern, type PatternType, toPattern } from './pattern.ts';
import type { Report } from './problem.ts';
import { readRoots } from './read-roots.ts';
import type { Category } from './rule.ts';

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

const plugins: ReadonlySet<string> = new Set([
  ...['PF_Decoder', 'SymantecWS_Decoder', 'SonicWall_Decoder', 'OSSECAlert_Decoder', 'JSON_Decoder'],
]);

const offsets: ReadonlySet<string> = new Set(['after_parent', 'after_prematch', 'after_regex']);

/** The bytes that the texts of one option may have together (Wazuh 4.14.7, `_loadmemory` of decoders). */
const optionLimit = 1_023;

/** What has been loaded so far: the decoders without a parent by name, and the children of each. */
export type DecoderTree = Map<string, Decoder[]>;

function elementsOf(decoder: XmlElement, name: string): XmlElement[] {
  return decoder.children.filter((child) => child.name.toLowerCase() === name);
}

function textOf(decoder: XmlElement, name: string): string | null {
  const elements = elementsOf(decoder, name);
  return elements.length === 0 ? null : elements.map(({ text }) => text).join('');
}

/**
 * The texts of one option, joined; null when there are none. One that makes them too long drops them all, and the
 * engine says no more than "Maximum string size reached": a decoder that loses its prematch takes any log.
 */
function keepText(decoder: XmlElement, name: string, report: Report): string | null {
  let kept: string | null = null;
  for (const { text, start } of elementsOf(decoder, name)) {
    const joined: string = `${kept ?? ''}${text}`;
    const bytes = Buffer.byteLength(joined);
    if (bytes > optionLimit) {
      const message = `the text of <${name}> has ${bytes} bytes, the engine takes ${optionLimit} in a decoder: it would load without it`;
      report('option-too-long', start, message);
    }
    kept = bytes > optionLimit ? null : joined;
  }
  return kept;
}

/** Only the first of several elements may have an offset, and the last one's type counts. */
function patternOf(decoder: XmlElement, name: string, fallback: PatternType, report: Report): Pattern | null {
  const text = keepText(decoder, name, report);
  const last = elementsOf(decoder, name).at(-1);
  if (text === null || last === undefined) return null;
  const written = exactAttributeOf(last, 'type')?.toLowerCase();
  const type = written === 'osregex' || written === 'osmatch' || written === 'pcre2' ? written : fallback;
  return toPattern(type, text);
}

function offsetOf(decoder: XmlElement, name: string): Offset | null {
  const written = elementsOf(decoder, name)[0];
  const offset = written && exactAttributeOf(written, 'offset')?.toLowerCase();
  return offset !== undefined && offsets.has(offset) ? (offset as Offset) : null;
}

function toDecoder(element: XmlElement, name: string, report: Report): Decoder {
  return {
    name,
    parent: keepText(element, 'parent', report),
    category: decoderTypes[textOf(element, 'type') ?? 'syslog'] ?? 'syslog',
    programName: patternOf(element, 'program_name', 'osmatch', report),
    prematch: patternOf(element, 'prematch', 'osregex', report),
    prematchOffset: offsetOf(element, 'prematch'),
    regex: patternOf(element, 'regex', 'osregex', report),
    regexOffset: offsetOf(element, 'regex'),
    order: (textOf(element, 'order') ?? '')
      .split(',')
      .map((word) => word.trim())
      .filter((word) => word !== ''),
    plugin: textOf(element, 'plugin_decoder'),
    useOwnName: textOf(element, 'use_own_name') === 'true',
  };
}

/** What the engine refuses about the elements of a decoder. */
function elementFaultOf({ children, attributes }: XmlElement): string | null {
  if (children.length === 0) return 'has no options';
  const others = attributes.slice(1).map(({ name }) => name);
  if (others.some((name, index) => index > 0 || name.toLowerCase() !== 'status'))
    return `may have the attributes name and status, not ${others.join(', ')}`;
  for (const { name, text } of children) {
    const folded = name.toLowerCase();
    if (!known.has(folded)) return `has no element <${name}>`;
    if (folded === 'type' && !Object.hasOwn(decoderTypes, text)) return `is of no type "${text}"`;
    if (folded === 'plugin_decoder' && !plugins.has(text)) return `has no plugin "${text}"`;
    if (folded === 'order' && text.split(',').some((word) => word.trim() === ''))
      return `has an empty name in its order "${text}"`;
  }
  return null;
}

/** What the engine refuses about a decoder (Wazuh 4.14.7). */
function faultOf(decoder: Decoder): string | null {
  const { parent, prematch, programName, regex, order, plugin, prematchOffset, regexOffset } = decoder;
  if (!prematch && !parent && !programName) return 'needs a prematch, parent or program_name';
  if ((regex === null) !== (order.length === 0)) return 'needs regex and order together';
  if (plugin !== null && regex) return 'has a plugin and a regex';
  if (regexOffset === 'after_parent' && !parent) return 'has no parent for after_parent';
  if (prematchOffset !== null && (!parent || prematchOffset !== 'after_parent')) {
    return 'may have a prematch offset of after_parent only, and with a parent';
  }
  if (regexOffset === 'after_prematch' && parent && !prematch) return 'has no prematch for after_prematch';
  if (regexOffset === 'after_regex' && !parent) return 'has no parent for after_regex';
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

/** Several children of one name under one parent are one decoder of several patterns, which the engine checks. */
function siblingFaultOf(decoder: Decoder, siblings: readonly Decoder[]): string | null {
  const same = siblings.filter(({ name }) => name === decoder.name);
  const finds = ({ regex, plugin }: Decoder) => regex !== null || plugin !== null;
  if (same.length > 0 && decoder.prematch)
    return 'has a prematch, and a decoder of its name and parent is there';
  if (same.some((sibling) => !finds(sibling) || !finds(decoder)))
    return 'has the name and parent of another decoder, and one of the two has no regex';
  const follows = same.some(({ prematch, regex }) => prematch !== null || regex !== null);
  return decoder.regexOffset === 'after_regex' && !follows ? 'has no regex before it for after_regex' : null;
}

/** The engine looks for a parent among the decoders that are loaded by then and have none themselves (Wazuh 4.14.7). */
function placementFaultOf(decoder: Decoder, tree: DecoderTree): string | null {
  const { name, parent } = decoder;
  if (parent === null) {
    if (!tree.has(name)) tree.set(name, []);
    return null;
  }
  const siblings = tree.get(parent);
  if (siblings === undefined)
    return `has the parent "${parent}", and no decoder without a parent loaded before has that name`;
  const fault = siblingFaultOf(decoder, siblings);
  siblings.push(decoder);
  return fault;
}

/**
 * The decoders of one file in their order, and what the engine refuses about them. A file of 0 bytes is refused, other
 * than one of rules.
 * @param tree what the files before have loaded; the decoders of this one are added.
 */
export function parseDecoderFile(text: string, context: FileContext, tree: DecoderTree): Decoder[] {
  const report = fileReport(context);
  const read = readRoots(text, report);
  if (read?.length === 0)
    report('blank-file', 0, 'the file holds no <decoder>: the engine refuses such a file');
  return (read ?? []).flatMap((root) => {
    const [first] = root.attributes;
    if (root.name.toLowerCase() !== 'decoder' || first?.name.toLowerCase() !== 'name') {
      report('invalid-decoder', root.start, `<${root.name}> is not a <decoder name="...">`);
      return [];
    }
    const name = first.value;
    const decoder = toDecoder(root, name, report);
    const problem = elementFaultOf(root) ?? faultOf(decoder) ?? placementFaultOf(decoder, tree);
    if (problem) report('invalid-decoder', root.start, `decoder ${name} ${problem}`);
    if (context.compiles) checkPatterns(decoder, root.start, context, report);
    return problem ? [] : [decoder];
  });
}
