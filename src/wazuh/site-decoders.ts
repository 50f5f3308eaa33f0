import { nameOf, parseDecoders } from './decoder-names.ts';
import { compileOsMatch, compileOsRegex } from './os-pattern.ts';
import { type RulesetFile, readRulesetOrUsual } from './ossec-conf/ruleset-files.ts';
import type { SiteDecoder } from './rules.ts';
import { exactAttributeOf, type XmlElement } from './xml.ts';

/**
 * The parts that the engine compares of every line that Sysmon for Linux writes: its program, and the beginning of its
 * text.
 */
const program = 'sysmon';
const text =
  '<Event><System><Provider Name="Linux-Sysmon" Guid="{ff032593-a8d3-4f13-b0d6-01fc615a0f97}"/><EventID>3</EventID>' +
  '<Version>5</Version><Channel>Linux-Sysmon/Operational</Channel></System>' +
  '<EventData><Data Name="DestinationIp">192.0.2.1</Data></EventData></Event>';

const channelField = 'system.channel';

/**
 * Returns the decoder of this manager, a stock one or the site's own, that takes the lines of Sysmon for Linux. The
 * first decoder that takes them takes all of them, so a second one would either never see a line, or hide the lines
 * from the first: therefore ours joins the chain of its children. The program alone is not sufficient: several stock
 * decoders take any program and then compare the text.
 * @param home the Wazuh home; one that does not exist has no decoders.
 * @returns null: there is no such decoder.
 */
export function findSysmonDecoder(home: string): SiteDecoder | null {
  const decoders = inLoadOrder(readRulesetOrUsual(home).decoders.filter(({ ours }) => !ours));
  const parent = decoders.filter((decoder) => textOf(decoder, 'parent') === null).find(takesSysmon);
  if (parent === undefined) return null;
  const name = nameOf(parent);
  const children = decoders.filter((decoder) => textOf(decoder, 'parent') === name);
  // A parent without children has no chain: a child of any name is its first one.
  const child = children[0] === undefined ? `${name}-opencti` : nameOf(children[0]);
  const chain = children.filter((decoder) => nameOf(decoder) === child);
  return { parent: name, child, hasChannel: chain.some(readsChannel) };
}

function inLoadOrder(files: readonly RulesetFile[]): XmlElement[] {
  const baseOf = ({ name }: RulesetFile) => Buffer.from(name.slice(name.lastIndexOf('/') + 1));
  return files
    .toSorted((a, b) => Buffer.compare(baseOf(a), baseOf(b)))
    .flatMap((file) => parseDecoders(file.text).decoders);
}

/**
 * Returns whether a decoder takes the lines. A decoder that names no program sees only lines without one (Wazuh
 * 4.14.7).
 */
function takesSysmon(decoder: XmlElement): boolean {
  return (
    matches(decoder, 'program_name', 'osmatch', program) === true &&
    matches(decoder, 'prematch', 'osregex', text) !== false
  );
}

type PatternType = 'osmatch' | 'osregex' | 'pcre2';

/**
 * Returns whether a pattern of a decoder matches. Null: the decoder has no such pattern. A pattern that does not
 * compile here matches nothing.
 */
function matches(decoder: XmlElement, name: string, usual: PatternType, value: string): boolean | null {
  const pattern = textOf(decoder, name);
  if (pattern === null) return null;
  const last = decoder.children.findLast((child) => child.name.toLowerCase() === name);
  const written = last && exactAttributeOf(last, 'type')?.toLowerCase();
  try {
    return testers[isType(written) ? written : usual](pattern, value);
  } catch {
    return false;
  }
}

const testers = {
  osmatch: (pattern, value) => compileOsMatch(pattern)(value),
  osregex: (pattern, value) => compileOsRegex(pattern)(value) !== null,
  // JavaScript knows no flags at the beginning of a pattern.
  pcre2: (pattern, value) =>
    (pattern.startsWith('(?i)') ? new RegExp(pattern.slice(4), 'i') : new RegExp(pattern)).test(value),
} as const satisfies Record<PatternType, (pattern: string, value: string) => boolean>;

function isType(written: string | undefined): written is PatternType {
  return written !== undefined && Object.hasOwn(testers, written);
}

function readsChannel(decoder: XmlElement): boolean {
  const fields = (textOf(decoder, 'order') ?? '').split(',').map((field) => field.trim());
  return fields.includes(channelField) && matches(decoder, 'regex', 'osregex', text) === true;
}

/** The engine joins the texts of several elements of one name. */
function textOf({ children }: XmlElement, name: string): string | null {
  const named = children.filter((child) => child.name.toLowerCase() === name);
  return named.length === 0 ? null : named.map((child) => child.text).join('');
}
