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
 * A rule of a manager as its file describes it: id, level, groups and parents, read without a model of how the engine
 * loads them. Only the engine itself is asked whether it takes a set and which rule it drops (`engine/judge.ts`).
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
  /** The groups of the file and of the rule, in one text, as the engine keeps them. */
  readonly groups: string;
  readonly parents: Parents;
  readonly category: string;
  /** It is one of the documented rules, which a site has that used the integration before. */
  readonly isDocumented: boolean;
}

/**
 * How a rule names its parent: the first of these that it has counts; a rule without any is a child of the template of
 * its category.
 */
interface Parents {
  readonly sids: readonly number[];
  readonly level: number | null;
  readonly group: string | null;
  /** The ids of the rules whose alerts it counts. */
  readonly counted: readonly number[];
}

/**
 * Returns all rules of a manager, in the order in which the engine loads them. Of a malformed file it returns the rules
 * before the fault.
 */
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
 * Returns why the engine would drop a rule of the site: the rule has an id of ours, and ours load first; or its parent
 * is, by id, a rule of ours that loads after it. Null: there is no such rule.
 */
export function findSiteProblem(rules: readonly SiteRule[], blocks: IdBlocks): string | null {
  const taken = findTakenIds(rules, blocks);
  return taken.length > 0 ? formatTakenIds(taken, rules, blocks) : findEarlyChild(rules, blocks);
}

/** Returns the rules of the site whose ids are ours, also those that overwrite ours. */
export function findTakenIds(rules: readonly SiteRule[], blocks: IdBlocks): SiteRule[] {
  const own = ownRuleIds(blocks);
  return rules.filter(({ ours, id }) => !ours && (own.has(id) || isPatternGateId(id, blocks)));
}

/** More ids would hide the next step. */
const shownIds = 3;

/** Returns one sentence about all of them, with blocks of ids that no rule of this site has. */
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

/**
 * Returns the first id of a block that is used neither by a rule of the site nor by another block, and that begins at a
 * round number.
 */
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
 * Returns a sentence about a rule of the site that is a child of an alert rule or a message of ours and loads before
 * it, so that the engine would not find its parent: ours load last, while those of the first version loaded before
 * files such as `zzz-site.xml`. Null: there is none.
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

/** A rule of the site that can take an event before a rule of ours sees it, or in place of that rule. */
export interface Shadow {
  readonly rule: SiteRule;
  /**
   * `before`: the engine tries it before our gates. In the other cases it is a child of our rule with the id `ours`.
   */
  readonly how: 'before' | 'if_level' | 'if_group' | 'if_sid';
  readonly ours: number;
}

/**
 * Returns the rules of the site that can shadow ours although ours are tried first: a rule of level 0 without `noalert`
 * that the engine loads between the category templates and our gates, and a rule of the site that is a child of one of
 * ours (`docs/detections.md`). Conditions are not compared, so a rule that is reported may exclude our events by its
 * own conditions. A child that names an alert rule by its id is intended and is not reported.
 * @param rules in the order in which the engine loads them.
 */
export function findShadows(rules: readonly SiteRule[]): Shadow[] {
  const loaded: Loaded = { ids: new Set(), ours: new Map(), groups: new Map(), relays: new Set() };
  const firstGate = rules.find(({ ours }) => ours);
  return rules.flatMap((rule) => {
    // Where two rules have one id, the first one counts; a rule that overwrites another has the parents of that rule.
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

/** What the engine has loaded before it loads a rule. */
interface Loaded {
  readonly ids: Set<number>;
  readonly ours: Map<number, SiteRule>;
  /** The first rule of ours with these groups. */
  readonly groups: Map<string, SiteRule>;
  /** Rules of the site with `noalert` that are tried before ours: they pass an event to their children. */
  readonly relays: Set<number>;
}

function addOurs({ ours, groups }: Loaded, rule: SiteRule): void {
  ours.set(rule.id, rule);
  if (!groups.has(rule.groups)) groups.set(rule.groups, rule);
}

/**
 * The ids of the templates that are the parents of our roots, by category: `syslog` for logs, `ossec` for event channel
 * and syscheck.
 */
export const templates = { syslog: 1, ossec: 7 } as const;

/**
 * Returns whether the engine tries a rule before our gates: the rule has level 0, is a child of their templates and
 * loads before them, or its parent is such a rule.
 */
function isBeforeOurs(rule: SiteRule, { ids, ours, relays }: Loaded): boolean {
  if (rule.parents.sids.some((sid) => relays.has(sid))) return true;
  // Excluded are the templates themselves, and rules that the engine drops since their template is missing.
  if (rule.level !== 0 || ours.size > 0 || rule.id < 10 || !ids.has(templates.syslog)) return false;
  return Object.values(templates).some((template) => isBelow(rule, template));
}

/** Returns whether a rule is a child of a category template, by its own options. */
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

/** A rule in its file, and the `<group>` element that contains it. */
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

/** A rule that counts earlier events is a child of the rule that it counts. */
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

/**
 * The documented rules have a condition on the field `integration` or on a field of `opencti`, or are children of the
 * first of them.
 */
function isDocumented(id: number, text: string): boolean {
  return id >= 100_623 && id <= 100_625 && /"integration"|"opencti\.|<if_sid>\s*100623\s*</.test(text);
}

const baseOf = (path: string) => path.slice(path.lastIndexOf('/') + 1);
