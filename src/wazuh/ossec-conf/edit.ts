import { KnownError } from '../../errors.ts';
import { eventFields, retiredLists } from '../fields.ts';
import { readXml, type XmlElement } from '../xml.ts';
import { effectiveRuleset, type IntegrationBlock, type OssecConf, readOssecConf } from './read.ts';

export const integrationName = 'custom-opencti';
export const matchGroup = 'opencti_match';
/** The alias of the block that asks each hour how old the lists are. */
export const staleAlias = 'opencti-wazuh';
export const ourListPaths: readonly string[] = eventFields.map(({ list }) => `etc/lists/${list}`);
const retiredListPaths: readonly string[] = retiredLists.map((list) => `etc/lists/${list}`);

/** A block of the documented integration, which gets other alerts than the matches of this project. */
export function findOldIntegrations(conf: OssecConf): IntegrationBlock[] {
  return conf.integrations.filter(({ name, groups }) => name === integrationName && groups !== matchGroup);
}

export interface Additions {
  /** The lines of the block for the age of the lists, without an end. */
  readonly localfile: readonly string[];
  /** Parts that the site had before; they stay as they are. */
  readonly kept: readonly string[];
  /** Options of an old integration block that are switched off beside its groups. */
  readonly withoutKey: boolean;
  /** No rule reads the lists of an earlier version any more: their lines go. Default: false. */
  readonly withoutRetired?: boolean;
}

/** Which of our parts a text has already, by their paths, names and alias. */
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
 * Adds what is missing of ours, renews the command that a newer tool has moved, and leaves every other byte. An old
 * integration block gets our group in the place of its own ones; further ones are switched off.
 * @throws KnownError (exit code 2) when the file is none that the engine would read.
 */
export function addOurParts(source: string, additions: Additions, place: string): string {
  const conf = readOssecConf(source);
  const ruleset = findPlace(conf, place);
  const root = conf.roots.find(({ children }) => children.includes(ruleset));
  if (root === undefined) throw new Error('a ruleset without a root');
  const present = new Set(findOurParts(conf));
  const old = findOldIntegrations(conf);
  const edits: TextEdit[] = [];
  const lists = ourListPaths.filter((path) => !present.has(path)).map((path) => `<list>${path}</list>`);
  const listIndent = ruleset.children[0] ? indentOf(source, ruleset.children[0]) : '    ';
  if (lists.length > 0) edits.push(insertAtEnd(source, ruleset, lists, listIndent));
  if (additions.withoutRetired)
    edits.push(...findLists(conf, retiredListPaths).map((element) => removeElement(source, element)));
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

/** Behind the place where the engine gives up, nothing of ours would be found. */
function insistReadable({ fault }: OssecConf, place: string): void {
  if (fault === null) return;
  throw new KnownError(`${place}:${fault.line}: the engine cannot read it: ${fault.message}; mend it first`, {
    exitCode: 2,
  });
}

/** Options that choose the alerts of a block. */
const choosing: ReadonlySet<string> = new Set(['group', 'rule_id', 'level', 'event_location']);
/** Options that show the token to every user of the machine. */
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

/** Do two texts have the same blocks for the daemons beside the engine, which read them when they start? */
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
 * Takes out what `addOurParts` put in.
 * @param kept parts that were there before.
 * @throws KnownError (exit code 2) when the file is none that the engine would read.
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
 * Gives the blocks that ask for the age of the lists the command of today: Node or the tool may have moved since. What a
 * person has changed around it, the frequency say, stays.
 * @param lines of the block as it is written anew; none: it has no business here any more, as on a worker.
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

/** What takes the place of the text between two offsets. */
export interface TextEdit {
  readonly start: number;
  readonly end: number;
  readonly text: string;
}

/** Edits that do not overlap, in any order. */
export function applyEdits(text: string, edits: readonly TextEdit[]): string {
  let result = text;
  for (const edit of [...edits].sort((a, b) => b.start - a.start))
    result = result.slice(0, edit.start) + edit.text + result.slice(edit.end);
  return result;
}

/**
 * Puts lines in front of an element's end tag. Where the tag has a line of its own they become lines of their own,
 * with the file's own line ends; elsewhere they stand in the line of the tag. `removeElement` takes either back to
 * the byte.
 * @param indent of the lines
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

/** Takes an element away, and the lines that it alone stood on. */
function removeElement(source: string, { start, end }: XmlElement): TextEdit {
  const lineStart = source.lastIndexOf('\n', start - 1) + 1;
  const newline = source.indexOf('\n', end);
  const lineEnd = newline === -1 ? source.length : newline + 1;
  const isAlone = isBlank(source.slice(lineStart, start)) && isBlank(source.slice(end, lineEnd));
  return isAlone && newline !== -1 ? { start: lineStart, end: lineEnd, text: '' } : { start, end, text: '' };
}

/** The indentation of an element that begins its line, or nothing. */
function indentOf(source: string, { start }: XmlElement): string {
  const before = source.slice(source.lastIndexOf('\n', start - 1) + 1, start);
  return isBlank(before) ? before : '';
}

function isBlank(text: string): boolean {
  return /^[ \t\r\n]*$/.test(text);
}

/** Parts of a file that are switched off are comments that say whose they are; to the byte, `switchOn` is the way back. */
const opening = '<!--opencti-wazuh:off ';
const closing = '-->';
/** Behind it stands what this project put into the block, up to the block's end tag. */
const insteadMark = '<!--opencti-wazuh:instead-->';

/**
 * A text as comments: the engine's comments do not nest and end at `-->` or `!>` (Wazuh 4.14.7), so comments within
 * the text stay what they are, and what lies around each becomes a comment of its own.
 * @throws KnownError when the text cannot stand in a comment.
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

/** Elements that take the place of what is switched off; they stand directly before an end tag. */
function putInstead(elements: readonly string[]): string {
  return insteadMark + elements.join('');
}

/** Gives back all that was switched off, and takes away what was put in its place. */
export function switchOn(text: string): string {
  return text
    .replace(new RegExp(`${insteadMark}[\\s\\S]*?(?=</integration>)`, 'g'), '')
    .replace(new RegExp(`${opening}([\\s\\S]*?)${closing}`, 'g'), '$1');
}

export function hasSwitchedOff(text: string): boolean {
  return text.includes(opening);
}
