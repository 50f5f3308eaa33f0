import { matchesGroups } from './os-pattern.ts';
import { type RulesetFile, readRulesetOrUsual } from './ossec-conf/ruleset-files.ts';
import { rulesFile } from './ours.ts';
import {
  blockKeys,
  blockSizes,
  type IdBlocks,
  isPatternGateId,
  leastIds,
  ownRuleIds,
  stockIds,
} from './rule-ids.ts';
import { attributeOf, expandVariables, lineFinder, readXml, type XmlElement } from './xml.ts';

/**
 * What the rules of a manager say of themselves: ids, levels, groups and parents, read from their files with no model of how
 * the engine loads them. Whether it takes a set, and which rule it drops, the engine itself is asked (`manager/judge.ts`).
 */
export interface SiteRule {
  /** The path of the file below the home. */
  readonly file: string;
  readonly line: number;
  readonly id: number;
  readonly level: number;
  readonly noalert: boolean;
  readonly overwrite: boolean;
  /** Is the file one of the project's own? */
  readonly ours: boolean;
  /** Those of the file and those of the rule, in one text, as the engine keeps them. */
  readonly groups: string;
  readonly parents: Parents;
  readonly category: string;
  /** One of the documented rules, as a site has it that used the integration before. */
  readonly isDocumented: boolean;
}

/** How a rule says where it hangs: by the first of these that it has, else below the template of its category. */
interface Parents {
  readonly sids: readonly number[];
  readonly level: number | null;
  readonly group: string | null;
  /** The rules whose alerts it counts. */
  readonly counted: readonly number[];
}

/** All rules of a manager, in the order in which the engine loads them. A file that is malformed has those before its fault. */
export function readSiteRules(home: string): SiteRule[] {
  return toSiteRules(readRulesetOrUsual(home).rules);
}

/** @param files in any order. */
export function toSiteRules(files: readonly RulesetFile[]): SiteRule[] {
  return files
    .toSorted((a, b) => Buffer.compare(Buffer.from(baseOf(a.name)), Buffer.from(baseOf(b.name))))
    .flatMap(({ name, text, ours = false }) => {
      const lineAt = lineFinder(text);
      return rulesOf(text).map(({ element, group }) => ({
        ...toSiteRule(element, group, text.slice(element.start, element.end)),
        ...{ file: name, ours, line: lineAt(element.start) },
      }));
    });
}

/**
 * Why the engine would drop a rule of the site: it has an id of ours, and ours load first; or it hangs below one of ours by
 * its id and loads before it. Null: there is no such rule.
 */
export function findSiteProblem(rules: readonly SiteRule[], blocks: IdBlocks): string | null {
  const taken = findTakenIds(rules, blocks);
  return taken.length > 0 ? formatTakenIds(taken, rules, blocks) : findEarlyChild(rules, blocks);
}

/** Rules of others whose ids are ours, those that overwrite ours included. */
export function findTakenIds(rules: readonly SiteRule[], blocks: IdBlocks): SiteRule[] {
  const own = ownRuleIds(blocks);
  return rules.filter(({ ours, id }) => !ours && (own.has(id) || isPatternGateId(id, blocks)));
}

/** More would hide what to do. */
const shownIds = 3;

/** One sentence for all of them, with blocks of ids that no rule of this site has. */
export function formatTakenIds(
  taken: readonly SiteRule[],
  rules: readonly SiteRule[],
  blocks: IdBlocks,
): string {
  const named = taken.slice(0, shownIds).map(({ file, line, id }) => `${id} (${file}:${line})`);
  const more = taken.length > shownIds ? ` and ${taken.length - shownIds} more` : '';
  const ids = taken.length === 1 ? 'rule of this site has an id' : 'rules of this site have ids';
  return (
    `${taken.length} ${ids} of ours, and ours load first, so the engine would drop the site's: ` +
    `${named.join(', ')}${more}; ${formatFree(taken, rules, blocks)}`
  );
}

function formatFree(taken: readonly SiteRule[], rules: readonly SiteRule[], blocks: IdBlocks): string {
  const used = rules
    .filter(({ ours }) => !ours)
    .map(({ id }) => id)
    .sort((a, b) => a - b);
  const names = (Object.keys(blockSizes) as (keyof IdBlocks)[]).filter((name) =>
    taken.some(({ id }) => id >= blocks[name] && id < blocks[name] + blockSizes[name]),
  );
  const stock = { first: stockIds.first, size: stockIds.last - stockIds.first + 1 };
  const own = (Object.keys(blockSizes) as (keyof IdBlocks)[])
    .filter((name) => !names.includes(name))
    .map((name) => ({ first: blocks[name], size: blockSizes[name] }));
  let others = [stock, ...own];
  const free = names.map((name) => {
    const size = blockSizes[name];
    const first = findFree(used, { least: leastIds[name], size }, others);
    if (first === null)
      return `no ${size} ids in a row are free for ${blockKeys[name]}: give those rules other ids`;
    others = [...others, { first, size }];
    return `${blockKeys[name]}: ${first}`;
  });
  return `free here, for the configuration: ${free.join(', ')}`;
}

/** Ids have six digits at most. */
const lastId = 999_999;
const blockStep = 100;

/** The first block of ids that neither a rule of the site nor another block has, beginning at a round number. */
function findFree(
  used: readonly number[],
  { least, size }: { readonly least: number; readonly size: number },
  others: readonly { readonly first: number; readonly size: number }[],
): number | null {
  for (let first = least; first + size - 1 <= lastId; first += blockStep) {
    const last = first + size - 1;
    const ends = [
      ...others
        .filter((other) => other.first <= last && first < other.first + other.size)
        .map((other) => other.first + other.size - 1),
      ...used.filter((id) => id >= first && id <= last).slice(-1),
    ];
    if (ends.length === 0) return first;
    first = Math.floor(Math.max(...ends) / blockStep) * blockStep;
  }
  return null;
}

/**
 * A rule of the site below an alert rule or a message of ours that loads before it, so that the engine would not find its
 * parent: ours load last, while those of the first version loaded before files such as `zzz-site.xml`.
 */
export function findEarlyChild(rules: readonly SiteRule[], blocks: IdBlocks): string | null {
  const own = ownRuleIds(blocks);
  const [early, ...more] = rules
    .filter(({ ours, file }) => !ours && baseOf(file) < rulesFile)
    .flatMap((rule) => {
      const { sids, counted } = rule.parents;
      const parent = [...sids, ...counted].find((sid) => own.has(sid));
      return parent === undefined ? [] : [{ ...rule, parent }];
    });
  if (early === undefined) return null;
  const others = more.length === 0 ? '' : ` and ${more.length} more`;
  return (
    `rule ${early.id} (${early.file}:${early.line})${others} of this site hangs below rule ${early.parent} of ours and would ` +
    `load before it: move it into a file whose name sorts after ${rulesFile}, such as zzzzz-site.xml`
  );
}

/** A rule of the site that can take an event before a rule of ours has it, or in its place. */
export interface Shadow {
  readonly rule: SiteRule;
  /** `before`: tried before our gates. The others hang below the rule of ours of this id. */
  readonly how: 'before' | 'if_level' | 'if_group' | 'if_sid';
  readonly ours: number;
}

/**
 * What can still shadow rules that are tried first: a rule of level 0 without `noalert` that the engine loads between the
 * category templates and our gates, and a rule of the site that hangs below one of ours (`docs/detections.md`). Conditions
 * are not compared, so a shadow may exclude our events by its own. A child that names an alert rule by its id is meant.
 * @param rules in the order in which the engine loads them.
 */
export function findShadows(rules: readonly SiteRule[]): Shadow[] {
  const loaded: Loaded = { ids: new Set(), ours: new Map(), groups: new Map(), relays: new Set() };
  const firstGate = rules.find(({ ours }) => ours);
  return rules.flatMap((rule) => {
    // Of two rules with one id the first counts, and one that overwrites another has its parents.
    if (loaded.ids.has(rule.id)) return [];
    loaded.ids.add(rule.id);
    if (rule.ours) addOurs(loaded, rule);
    else if (isBeforeOurs(rule, loaded)) {
      if (rule.noalert) loaded.relays.add(rule.id);
      else if (firstGate !== undefined) return [{ rule, how: 'before' as const, ours: firstGate.id }];
    } else return findBelow(rule, loaded) ?? [];
    return [];
  });
}

/** What the engine has by the time it comes to a rule. */
interface Loaded {
  readonly ids: Set<number>;
  readonly ours: Map<number, SiteRule>;
  /** The first rule of ours that has them. */
  readonly groups: Map<string, SiteRule>;
  /** Rules of the site with `noalert` that are tried before ours: they hand an event on to their children. */
  readonly relays: Set<number>;
}

function addOurs({ ours, groups }: Loaded, rule: SiteRule): void {
  ours.set(rule.id, rule);
  if (!groups.has(rule.groups)) groups.set(rule.groups, rule);
}

/** The templates that our roots hang below, by the category that leads to each: logs; event channel and syscheck. */
export const templates = { syslog: 1, ossec: 7 } as const;

/** Is it tried before our gates: level 0 below their templates and loaded before them, or below a rule that is? */
function isBeforeOurs(rule: SiteRule, { ids, ours, relays }: Loaded): boolean {
  if (rule.parents.sids.some((sid) => relays.has(sid))) return true;
  // The templates themselves, and what the engine drops for want of them.
  if (rule.level !== 0 || ours.size > 0 || rule.id < 10 || !ids.has(templates.syslog)) return false;
  return Object.values(templates).some((template) => isBelow(rule, template));
}

/** Does a rule hang below a category template, by what it says itself? */
export function isBelow({ parents, category }: SiteRule, template: number): boolean {
  const { sids, level, group } = parents;
  if (sids.length > 0) return sids.includes(template);
  // While it loads, level 0 counts as more than any.
  if (level !== null) return true;
  return (
    group === null && Object.entries(templates).some(([name, id]) => name === category && id === template)
  );
}

function findBelow(rule: SiteRule, { ours, groups }: Loaded): Shadow | null {
  const { sids, level, group } = rule.parents;
  if (sids.length > 0) {
    const gate = sids.map((sid) => ours.get(sid)).find((parent) => parent?.level === 0);
    return gate === undefined ? null : { rule, how: 'if_sid', ours: gate.id };
  }
  if (level !== null) {
    // While it loads, level 0 counts as more than any.
    const parent = [...ours.values()].find((each) => each.level === 0 || each.level >= level);
    return parent === undefined ? null : { rule, how: 'if_level', ours: parent.id };
  }
  if (group === null) return null;
  const found = [...groups].find(([names]) => matchesGroups(group, names));
  return found === undefined ? null : { rule, how: 'if_group', ours: found[1].id };
}

/** A rule within its file, with the `<group>` that it is in. */
export interface FoundRule {
  readonly id: number;
  readonly element: XmlElement;
  readonly group: XmlElement;
}

export function rulesOf(text: string): FoundRule[] {
  return expandVariables(readXml(text).roots).roots.flatMap((group) =>
    group.children
      .filter(({ name }) => name.toLowerCase() === 'rule')
      .map((element) => ({ id: Number(attributeOf(element, 'id')), element, group })),
  );
}

function toSiteRule(element: XmlElement, group: XmlElement, text: string) {
  const id = Number(attributeOf(element, 'id'));
  const own = textOf(element, 'group') ?? '';
  return {
    id,
    level: Number(attributeOf(element, 'level')),
    noalert: attributeOf(element, 'noalert') === '1',
    overwrite: attributeOf(element, 'overwrite') === 'yes',
    groups: `${attributeOf(group, 'name') ?? ''}${own}`,
    parents: toParents(element),
    category: textOf(element, 'category') ?? 'syslog',
    isDocumented: isDocumented(id, text),
  };
}

/** A rule that counts earlier events hangs below the one that it counts. */
function toParents(element: XmlElement): Parents {
  const group = textOf(element, 'if_group');
  const level = textOf(element, 'if_level');
  const sids = toIds(textOf(element, 'if_sid'));
  const counted = toIds(textOf(element, 'if_matched_sid'));
  const hasParents = sids.length > 0 || group !== null;
  return {
    sids: hasParents ? sids : counted,
    level: level === null ? null : Number(level),
    group: hasParents ? group : textOf(element, 'if_matched_group'),
    counted,
  };
}

function toIds(text: string | null): number[] {
  return (text ?? '').split(/[\s,]+/).flatMap((word) => (word === '' ? [] : [Number(word)]));
}

/** The engine joins the texts of several elements of one name. */
function textOf({ children }: XmlElement, name: string): string | null {
  const named = children.filter((child) => child.name.toLowerCase() === name);
  return named.length === 0 ? null : named.map(({ text }) => text).join('');
}

/** Its documented form asks for the field `integration` or a field of `opencti`, or hangs under the first rule. */
function isDocumented(id: number, text: string): boolean {
  return id >= 100_623 && id <= 100_625 && /"integration"|"opencti\.|<if_sid>\s*100623\s*</.test(text);
}

const baseOf = (path: string) => path.slice(path.lastIndexOf('/') + 1);
