import { KnownError } from '../../errors.ts';
import { listNames, retiredLists } from '../fields.ts';
import { readXml, type XmlElement } from '../xml.ts';
import { effectiveRuleset, type IntegrationBlock, type OssecConf, readOssecConf } from './read.ts';

export const integrationName = 'custom-opencti';
export const matchGroup = 'opencti_match';
/** The alias of the block that checks each hour how old the lists are. */
export const staleAlias = 'opencti-wazuh';
const toListPath = (list: string) => `etc/lists/${list}`;
const ourListPaths: readonly string[] = listNames.map(toListPath);
const retiredListPaths: readonly string[] = retiredLists.map(toListPath);

/** Returns the blocks of the documented integration, which take other alerts than the matches of this project. */
export function findOldIntegrations(conf: OssecConf): IntegrationBlock[] {
  return conf.integrations.filter(({ name, groups }) => name === integrationName && groups !== matchGroup);
}

export interface Additions {
  /** The names of the lists that rules read. */
  readonly lists: readonly string[];
  /** The lines of the block for the age of the lists, without an end. */
  readonly localfile: readonly string[];
  /** The parts that the site had before; they remain unchanged. */
  readonly kept: readonly string[];
  /** Whether the options with the token of an old integration block are switched off, in addition to its groups. */
  readonly withoutKey: boolean;
  /** No rule reads the other lists of ours, nor those of an earlier version: their lines go. Default: false. */
  readonly withoutRetired?: boolean;
}

/** Returns the parts of ours that a text already has, by their paths, names and alias. */
export function findOurParts(conf: OssecConf): string[] {
  const lists = conf.lists.filter((path) => ourListPaths.includes(path));
  const integration = conf.integrations.some(isOurIntegration) ? [integrationName] : [];
  return [...lists, ...integration, ...(conf.localfiles.some(isOurLocalfile) ? [staleAlias] : [])];
}

function isOurIntegration({ name, groups }: IntegrationBlock): boolean {
  return name === integrationName && groups === matchGroup;
}

function isOurLocalfile({ children }: XmlElement): boolean {
  return children.some(({ name, text }) => name === 'alias' && text === staleAlias);
}

/**
 * Adds the parts of ours that are missing, renews a command that a newer tool has moved, and changes no other byte. An
 * old integration block gets our group in place of its own groups; further old blocks are switched off.
 * @throws KnownError (exit code 2) when the engine would not read the file.
 */
export function addOurParts(source: string, additions: Additions, place: string): string {
  const conf = readOssecConf(source);
  const ruleset = findPlace(conf, place);
  const root = conf.roots.find(({ children }) => children.includes(ruleset));
  if (root === undefined) throw new Error('a ruleset without a root');
  const present = new Set(findOurParts(conf));
  const old = findOldIntegrations(conf);
  const edits: TextEdit[] = [];
  const wanted = additions.lists.map(toListPath);
  const lists = wanted.filter((path) => !present.has(path)).map((path) => `<list>${path}</list>`);
  const listIndent = ruleset.children[0] ? indentOf(source, ruleset.children[0]) : '    ';
  if (lists.length > 0) edits.push(insertAtEnd(source, ruleset, lists, listIndent));
  if (additions.withoutRetired)
    edits.push(...findIdle(conf, wanted, additions.kept).map((element) => removeElement(source, element)));
  const blocks = [
    ...(present.has(integrationName) || old.length > 0 ? [] : integrationLines),
    ...(present.has(staleAlias) ? [] : additions.localfile),
  ];
  if (blocks.length > 0) edits.push(insertAtEnd(source, root, blocks, indentOf(source, ruleset)));
  const isTaken = present.has(integrationName);
  if (!additions.kept.includes(staleAlias))
    edits.push(...renewLocalfiles(source, conf.localfiles.filter(isOurLocalfile), additions.localfile));
  for (const [index, block] of old.entries())
    edits.push(...adopt(source, block, isTaken || index > 0, additions, place));
  return applyEdits(source, edits);
}

/** Lists of ours that no rule reads, but for those that the site had declared before. */
function findIdle(conf: OssecConf, wanted: readonly string[], kept: readonly string[]): XmlElement[] {
  const idle = ourListPaths.filter((path) => !wanted.includes(path) && !kept.includes(path));
  return findLists(conf, [...idle, ...retiredListPaths]);
}

function findLists({ rulesets }: OssecConf, paths: readonly string[]): XmlElement[] {
  return rulesets
    .flatMap(({ children }) => children)
    .filter(({ name, text }) => name === 'list' && paths.includes(text));
}

const integrationLines = [
  '<integration>',
  `  <name>${integrationName}</name>`,
  `  <group>${matchGroup}</group>`,
  '  <alert_format>json</alert_format>',
  '</integration>',
];

function findPlace(conf: OssecConf, place: string): XmlElement {
  insistReadable(conf, place);
  const ruleset = effectiveRuleset(conf.rulesets);
  if (ruleset === null || ruleset.contentEnd === ruleset.end)
    throw new KnownError(
      `${place} has no <ruleset> block with an end tag: add one with the rule_dir and decoder_dir of this manager`,
      { exitCode: 2 },
    );
  return ruleset;
}

/** Refuses a file with a fault: the engine would not find a part of ours after the place where it gives up. */
function insistReadable({ fault }: OssecConf, place: string): void {
  if (fault === null) return;
  throw new KnownError(
    `${place}:${fault.line}: the engine cannot read it: ${fault.message}; correct it first`,
    {
      exitCode: 2,
    },
  );
}

/** The options that select the alerts of a block. */
const choosing: ReadonlySet<string> = new Set(['group', 'rule_id', 'level', 'event_location']);
/** The options that show the token to every user of the machine. */
const keyOptions: ReadonlySet<string> = new Set(['api_key', 'hook_url']);

function adopt(
  source: string,
  { element, alertFormat }: IntegrationBlock,
  isSpare: boolean,
  { withoutKey }: Additions,
  place: string,
): TextEdit[] {
  const off = ({ start, end }: XmlElement): TextEdit => {
    return { start, end, text: switchOff(source.slice(start, end), place) };
  };
  if (isSpare) return [off(element)];
  const isJson = alertFormat === 'json';
  const gone = element.children.filter(
    ({ name }) =>
      choosing.has(name) || (withoutKey && keyOptions.has(name)) || (name === 'alert_format' && !isJson),
  );
  const instead = [`<group>${matchGroup}</group>`, ...(isJson ? [] : ['<alert_format>json</alert_format>'])];
  const { contentEnd } = element;
  return [...gone.map(off), { start: contentEnd, end: contentEnd, text: putInstead(instead) }];
}

/** Returns whether two texts have the same blocks for the other daemons, which read them when they start. */
export function hasSameBlocks(before: string, after: string): boolean {
  const blocksOf = (text: string) => {
    const { integrations, localfiles } = readOssecConf(text);
    return [...integrations.map(({ element }) => element), ...localfiles].map(({ start, end }) =>
      text.slice(start, end),
    );
  };
  return JSON.stringify(blocksOf(before)) === JSON.stringify(blocksOf(after));
}

/**
 * Removes what `addOurParts` added.
 * @param kept parts that were there before.
 * @throws KnownError (exit code 2) when the engine would not read the file.
 */
export function removeOurParts(source: string, kept: readonly string[], place: string): string {
  const text = switchOn(source);
  const conf = readOssecConf(text);
  insistReadable(conf, place);
  const stays = new Set(kept);
  const lists = findLists(conf, [...ourListPaths, ...retiredListPaths]).filter(
    ({ text: path }) => !stays.has(path),
  );
  const integrations = conf.integrations.filter(isOurIntegration).map(({ element }) => element);
  const localfiles = conf.localfiles.filter(isOurLocalfile);
  const gone = [
    ...lists,
    ...(stays.has(integrationName) ? [] : integrations),
    ...(stays.has(staleAlias) ? [] : localfiles),
  ];
  return applyEdits(
    text,
    gone.map((element) => removeElement(text, element)),
  );
}

/**
 * Renews the command in the blocks that check the age of the lists: Node or the tool may have moved since. Changes of a
 * person around the command, such as the frequency, remain.
 * @param lines of the block as it is written now; none: the block is not needed any more, as on a worker, and is
 * removed.
 */
function renewLocalfiles(
  source: string,
  blocks: readonly XmlElement[],
  lines: readonly string[],
): TextEdit[] {
  if (lines.length === 0) return blocks.map((block) => removeElement(source, block));
  const text = lines.join('\n');
  const command = contentOf(text, findCommands(readXml(text).roots)[0]);
  return findCommands(blocks)
    .filter((element) => contentOf(source, element) !== command)
    .map(({ contentStart, contentEnd }) => ({ start: contentStart, end: contentEnd, text: command }));
}

function findCommands(blocks: readonly XmlElement[]): XmlElement[] {
  return blocks.flatMap(({ children }) => children.filter(({ name }) => name === 'command'));
}

function contentOf(source: string, element: XmlElement | undefined): string {
  return element === undefined ? '' : source.slice(element.contentStart, element.contentEnd);
}

/** The text that replaces what is between two offsets. */
export interface TextEdit {
  readonly start: number;
  readonly end: number;
  readonly text: string;
}

/** Applies edits that do not overlap, in any order. */
export function applyEdits(text: string, edits: readonly TextEdit[]): string {
  let result = text;
  for (const edit of [...edits].sort((a, b) => b.start - a.start))
    result = result.slice(0, edit.start) + edit.text + result.slice(edit.end);
  return result;
}

/**
 * Inserts lines before an element's end tag. Where the tag has a line of its own, they become lines of their own, with
 * the line ends of the file; otherwise they are inserted into the line of the tag. `removeElement` removes either form
 * exactly, to the byte.
 * @param indent of the lines.
 */
function insertAtEnd(
  source: string,
  { contentEnd }: XmlElement,
  lines: readonly string[],
  indent: string,
): TextEdit {
  const lineStart = source.lastIndexOf('\n', contentEnd - 1) + 1;
  if (!isBlank(source.slice(lineStart, contentEnd))) {
    const text = lines.map((line) => line.trim()).join('');
    return { start: contentEnd, end: contentEnd, text };
  }
  const lineEnd = source.slice(0, contentEnd).includes('\r\n') ? '\r\n' : '\n';
  const text = lines.map((line) => `${indent}${line}${lineEnd}`).join('');
  return { start: lineStart, end: lineStart, text };
}

/** Removes an element, and its lines when they hold nothing else. */
function removeElement(source: string, { start, end }: XmlElement): TextEdit {
  const lineStart = source.lastIndexOf('\n', start - 1) + 1;
  const newline = source.indexOf('\n', end);
  const lineEnd = newline === -1 ? source.length : newline + 1;
  const isAlone = isBlank(source.slice(lineStart, start)) && isBlank(source.slice(end, lineEnd));
  return isAlone && newline !== -1 ? { start: lineStart, end: lineEnd, text: '' } : { start, end, text: '' };
}

/** Returns the indentation of an element that begins its line, or an empty text. */
function indentOf(source: string, { start }: XmlElement): string {
  const before = source.slice(source.lastIndexOf('\n', start - 1) + 1, start);
  return isBlank(before) ? before : '';
}

function isBlank(text: string): boolean {
  return /^[ \t\r\n]*$/.test(text);
}

/**
 * The marks of the parts of a file that are switched off: comments that name this project. `switchOn` restores the
 * parts to the byte.
 */
const opening = '<!--opencti-wazuh:off ';
const closing = '-->';
/** This mark precedes what this project added to the block, up to the block's end tag. */
const insteadMark = '<!--opencti-wazuh:instead-->';

/**
 * Returns a text as comments. The engine's comments do not nest and end at `-->` or `!>` (Wazuh 4.14.7), so comments
 * within the text remain unchanged, and the text around each of them becomes a comment of its own.
 * @throws KnownError when the text cannot be put into a comment.
 */
export function switchOff(text: string, place: string): string {
  const parts = text.split(/(<!(?:[\s\S]*?)(?:-->|!>))/);
  const off = parts.map((part, index) => {
    if (index % 2 === 1 || part === '') return part;
    if (/-->|!>|--$|!$/.test(part))
      throw new KnownError(
        `${place} holds "-->" or "!>" outside of a comment and cannot be commented out: take it out by hand`,
        { exitCode: 2 },
      );
    return `${opening}${part}${closing}`;
  });
  return off.join('');
}

/** Returns the elements that replace what is switched off; they come directly before an end tag. */
function putInstead(elements: readonly string[]): string {
  return insteadMark + elements.join('');
}

/** Restores all that was switched off, and removes what replaced it. */
export function switchOn(text: string): string {
  return text
    .replace(new RegExp(`${insteadMark}[\\s\\S]*?(?=</integration>)`, 'g'), '')
    .replace(new RegExp(`${opening}([\\s\\S]*?)${closing}`, 'g'), '$1');
}

export function hasSwitchedOff(text: string): boolean {
  return text.includes(opening);
}
