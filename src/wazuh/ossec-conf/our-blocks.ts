import { KnownError } from '../../errors.ts';
import { eventFields, retiredLists } from '../fields.ts';
import type { XmlElement } from '../xml.ts';
import { applyEdits, indentOf, insertAtEnd, removeElement, type TextEdit } from './edit-text.ts';
import { effectiveRuleset, type IntegrationBlock, type OssecConf, readOssecConf } from './read-ossec-conf.ts';
import { renewLocalfiles } from './stale-block.ts';
import { putInstead, switchOff, switchOn } from './switch-off.ts';

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
