import { KnownError, messageOf } from '../errors.ts';
import { listNames } from '../wazuh/fields.ts';
import { parseListLine, problemOfListLine } from '../wazuh/list.ts';
import { findTooLarge, isPlainPattern, maxCompiledBytes } from '../wazuh/pcre2-size.ts';
import { type IdBlocks, isPatternGateId, ownRuleIds } from '../wazuh/rule-ids.ts';
import type { RuleFile } from '../wazuh/rules.ts';
import { attributeOf, lineFinder, readXml, type XmlElement } from '../wazuh/xml.ts';
import { type Lines, splitChunks } from './list-lines.ts';
import type { ListTarget } from './lists.ts';

/** A line within a buffer; `mark` is the place of the mark after its key, or -1 when the line has no plain form. */
interface Place {
  readonly bytes: Uint8Array;
  readonly start: number;
  readonly end: number;
  readonly mark: number;
}

const lineEnd = 10;

/** A list that is checked, and the target whose grammar it has to follow. */
interface Checked {
  readonly name: string;
  readonly lines: Lines;
  readonly target: ListTarget;
}

/**
 * Returns the same lines; they are checked the first time that all of them are read, which then throws as `lintList`
 * does.
 */
export function withLint({ name, lines, target }: Checked): Lines {
  let isChecked = false;
  const checked: Lines = {
    length: lines.length,
    *chunks() {
      if (isChecked) return yield* lines.chunks();
      yield* lintChunks({ name, lines, target });
      isChecked = true;
    },
    map: (toResult) => Array.from(checked, toResult),
    [Symbol.iterator]: () => splitChunks(checked.chunks()),
  };
  return checked;
}

/**
 * Checks that the grammar of the engine accepts each line, and that of the server API when the list is for it; that the
 * lines have the order of bytes; and that no key is there twice. The bytes of a line of plain form are enough when it
 * follows a smaller line with another key; every other line is parsed by the grammars.
 * @throws KnownError that names the line.
 */
export function lintList(list: Checked): void {
  for (const _ of lintChunks(list));
}

/** Yields each chunk after it is checked. */
function* lintChunks({ name, lines, target }: Checked): Generator<Buffer> {
  let before: Place = { bytes: new Uint8Array(0), start: 0, end: 0, mark: -1 };
  let number = 0;
  const keys = inQuotedKey[target];
  for (const chunk of lines.chunks()) {
    for (let start = 0; start < chunk.length; ) {
      const end = chunk.indexOf(lineEnd, start);
      const place = { bytes: chunk, start, end, mark: findMark(chunk, start, end, keys) };
      number += 1;
      if (place.mark < 0 || !isBehind(place, before))
        lintText({ name, number, target }, toText(before), toText(place));
      before = place;
      start = end + 1;
    }
    yield chunk;
    // The next chunk overwrites this one.
    before = { ...before, bytes: Uint8Array.from(chunk) };
  }
}

function lintText(
  { name, number, target }: { name: string; number: number; target: ListTarget },
  before: string,
  line: string,
): void {
  const problem = problemOfListLine(line, target) ?? problemOfNeighbours(before, line);
  if (problem === null) return;
  throw new KnownError(
    `list ${name}, line ${number}: ${JSON.stringify(line)} ${problem}: nothing was written`,
  );
}

/** Returns what is wrong between two lines; null for nothing. In sorted lines those of one key are next to each other. */
function problemOfNeighbours(previous: string, line: string): string | null {
  if (line < previous) return 'is not in the order of bytes';
  if (parseListLine(previous)?.key === parseListLine(line)?.key) return 'has the key of the line before it';
  return null;
}

const toText = ({ bytes, start, end }: Place) =>
  Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('utf8', start, end);

const quote = 34;
const colon = 58;
/** In bytes. Lines are never longer than this; one that is longer is parsed by the grammars. */
const longestPlain = 4096;

const printable = toTable((code) => code > 0x20 && code < 0x7f && code !== quote && code !== colon);
const inQuotedKey = {
  api: toTable((code) => /[\w:-]/.test(String.fromCharCode(code))),
  engine: toTable((code) => /[\w:.-]/.test(String.fromCharCode(code))),
} as const satisfies Record<ListTarget, Uint8Array>;

function toTable(belongs: (code: number) => boolean): Uint8Array {
  return Uint8Array.from({ length: 256 }, (_, code) => Number(belongs(code) && code < 0x80));
}

/** Returns the place of the `:` after a key, or of the `"` that closes one; -1 for any other form than `key:value`. */
function findMark(bytes: Uint8Array, start: number, end: number, quotedKey: Uint8Array): number {
  if (end - start > longestPlain) return -1;
  const isQuoted = bytes[start] === quote;
  const from = isQuoted ? start + 1 : start;
  const mark = skip(bytes, isQuoted ? quotedKey : printable, from, end);
  if (mark === from || mark === end) return -1;
  if (isQuoted && (bytes[mark] !== quote || bytes[mark + 1] !== colon || !has(bytes, colon, from, mark)))
    return -1;
  if (!isQuoted && bytes[mark] !== colon) return -1;
  return skip(bytes, printable, isQuoted ? mark + 2 : mark + 1, end) === end ? mark : -1;
}

function skip(bytes: Uint8Array, table: Uint8Array, from: number, end: number): number {
  let at = from;
  while (at < end && table[bytes[at] as number] === 1) at += 1;
  return at;
}

function has(bytes: Uint8Array, byte: number, from: number, end: number): boolean {
  for (let at = from; at < end; at += 1) if (bytes[at] === byte) return true;
  return false;
}

/**
 * Returns whether a line follows the one before it: the first difference is within the keys or their marks, and is
 * upwards.
 */
function isBehind(line: Place, before: Place): boolean {
  const shorter = Math.min(line.end - line.start, before.end - before.start);
  let at = 0;
  while (at < shorter && line.bytes[line.start + at] === before.bytes[before.start + at]) at += 1;
  if (at >= shorter) return before.end === before.start;
  return (
    at <= line.mark - line.start &&
    (line.bytes[line.start + at] as number) > (before.bytes[before.start + at] as number)
  );
}

/** More problems would not help the person who has to report them. */
const shownProblems = 5;

/**
 * Checks in the rule files what needs no engine. With one malformed element the engine refuses the whole ruleset; with one
 * text that is too long a rule fires on anything; an id that is not ours replaces a rule of the site; and a level 0
 * without `noalert` suppresses events. All else the engine itself checks before it loads them (`wazuh/manager/judge.ts`).
 * @throws KnownError that quotes the problems.
 */
export function lintRuleFiles(files: readonly RuleFile[], blocks: IdBlocks): void {
  const own = ownRuleIds(blocks);
  const known: KnownRules = {
    isOwn: (id) => own.has(id) || isPatternGateId(id, blocks),
    ids: new Set(categoryTemplates),
    groups: new Set(),
    lists: new Set(),
  };
  const problems = files.flatMap((file) => (isRules(file) ? lintRules(file, known) : lintXml(file).problems));
  if (problems.length === 0) return;
  const shown = problems.slice(0, shownProblems).map((problem) => `  ${problem}`);
  throw new KnownError(['the rules would not load as they are: nothing was written', ...shown].join('\n'));
}

/** The ids of the rules that are the ancestors of all others (0010-rules_config.xml, Wazuh 4.2 to 4.14.7). */
const categoryTemplates = [1, 2, 3, 4, 5, 6, 7];

/** What the earlier files have, in the order in which the engine loads them. */
interface KnownRules {
  /** Returns whether an id is in a block of ours. */
  isOwn(id: number): boolean;
  readonly ids: Set<number>;
  readonly groups: Set<string>;
  readonly lists: Set<string>;
}

const isRules = ({ path }: RuleFile) => path.startsWith('rules/');

function lintXml({ path, text }: RuleFile): { problems: string[]; roots: readonly XmlElement[]; at: At } {
  const lineAt = lineFinder(text);
  const at = (offset: number) => `${path.slice(path.lastIndexOf('/') + 1)}:${lineAt(offset)}: `;
  const { roots, fault } = readXml(text);
  if (fault !== null) return { problems: [`${at(fault.offset)}${fault.message}`], roots, at };
  if (roots.length > 0) return { problems: [], roots, at };
  return { problems: [`${at(0)}the file holds nothing: the engine refuses such a file`], roots, at };
}

type At = (offset: number) => string;

function lintRules(file: RuleFile, known: KnownRules): string[] {
  const { problems, roots, at } = lintXml(file);
  return [
    ...problems,
    ...roots.flatMap((group) => {
      const own = attributeOf(group, 'name') ?? '';
      return group.children.flatMap((rule) => {
        const id = attributeOf(rule, 'id') ?? '';
        return lintRule(rule, own, known).map((problem) => `${at(rule.start)}rule ${id}: ${problem}`);
      });
    }),
  ];
}

function lintRule(rule: XmlElement, groups: string, known: KnownRules): string[] {
  const named = (name: string) => rule.children.filter((child) => child.name === name);
  const id = Number(attributeOf(rule, 'id'));
  const problems = [
    ...lintId(id, known),
    ...lintLevel(rule),
    ...(named('description').length === 1 ? [] : ['it needs one description']),
    ...named('if_sid').flatMap(({ text }) => lintParents(text, known)),
    ...named('if_group').flatMap(({ text }) => lintGroups(text, known)),
    ...lintLists(named('list'), known),
    ...rule.children.flatMap(lintOption),
  ];
  known.ids.add(id);
  const own = named('group').map(({ text }) => text);
  for (const name of [groups, ...own].flatMap((text) => text.split(','))) if (name) known.groups.add(name);
  return problems;
}

/** Checks an id. The engine accepts six digits (Wazuh 4.14.7), and our blocks are within them. */
function lintId(id: number, { ids, isOwn }: KnownRules): string[] {
  if (!isOwn(id)) return ['its id is not in a block of ours'];
  return ids.has(id) ? ['its id is used before, and the first one counts'] : [];
}

function lintLevel(rule: XmlElement): string[] {
  const level = attributeOf(rule, 'level') ?? '';
  if (!/^(?:1[0-6]|[0-9])$/.test(level)) return [`level "${level}" is not within 0 to 16`];
  const isSilent = level === '0' && attributeOf(rule, 'noalert') !== '1';
  return isSilent ? ['level 0 without noalert="1" ends an event in silence'] : [];
}

function lintParents(text: string, { ids }: KnownRules): string[] {
  const missing = text.split(',').filter((id) => !ids.has(Number(id)));
  return missing.length === 0 ? [] : [`no rule before has an id of if_sid "${missing.join(',')}"`];
}

/** Checks an `if_group`: one known group is enough, and the engine accepts a part of its name as well. */
function lintGroups(text: string, { groups }: KnownRules): string[] {
  const isThere = text.split('|').some((name) => [...groups].some((group) => group.includes(name)));
  return isThere ? [] : [`no rule before has a group of if_group "${text}"`];
}

/**
 * Checks the lists of a rule. Only the look-up below finds every key. It holds a lock that belongs to the `<list>` element,
 * so only one element may read a list; and of three lists in a rule the engine uses two (Wazuh 4.14.7, upstream 38324).
 */
function lintLists(elements: readonly XmlElement[], { lists }: KnownRules): string[] {
  const more = elements.length > 1 ? [`it has ${elements.length} lists, and a rule of ours has one`] : [];
  return [
    ...more,
    ...elements.flatMap((element) => {
      const isKnown = listNames.some((list) => element.text === `etc/lists/${list}`);
      const isSure =
        attributeOf(element, 'lookup') === 'match_key_value' && attributeOf(element, 'check_value') === '^';
      const isRead = lists.has(element.text);
      lists.add(element.text);
      return [
        ...(isKnown ? [] : [`list "${element.text}" is none of ours`]),
        ...(isSure ? [] : ['only lookup="match_key_value" check_value="^" finds every key']),
        ...(isRead ? [`list "${element.text}" is read by a rule before, too: it would lose keys`] : []),
      ];
    }),
  ];
}

/**
 * The engine drops a text of more bytes, and the rule fires on anything; the two below have no such limit (Wazuh
 * 4.14.7).
 */
const longestText = 2_047;
const unlimited: ReadonlySet<string> = new Set(['field', 'group']);

function lintOption(option: XmlElement): string[] {
  const { name, text } = option;
  const texts = [text, ...option.attributes.map(({ value }) => value)];
  const bytes = unlimited.has(name) ? 0 : Buffer.byteLength(text);
  const isPattern = attributeOf(option, 'type') === 'pcre2';
  const pattern = isPattern ? problemOfPattern(text) : null;
  return [
    ...(texts.some((each) => /[&<]/.test(each))
      ? [`<${name}> holds "&" or "<": the engine decodes none`]
      : []),
    ...(name !== 'mitre' && option.children.length > 0 ? [`<${name}> holds an element`] : []),
    ...(bytes > longestText ? [`the text of <${name}> has ${bytes} bytes, more than ${longestText}`] : []),
    ...(pattern === null ? [] : [`pattern of <${name}>${pattern}`]),
  ];
}

function problemOfPattern(pattern: string): string | null {
  const bytes = findTooLarge(pattern);
  if (bytes !== null) return ` compiles to about ${bytes} bytes, more than ${maxCompiledBytes}`;
  if (isPlainPattern(pattern)) return null;
  try {
    // Our patterns mean the same in PCRE2 and in JavaScript, except for the flag at the beginning.
    new RegExp(pattern.replace(/^\(\?i\)/, ''));
    return null;
  } catch (error) {
    return `: ${messageOf(error)}`;
  }
}
