import { blockKeys, stockIds } from '../config/load.ts';
import { readRulesetOrUsual } from '../wazuh/effective-ruleset.ts';
import { applyEdits } from '../wazuh/ossec-conf/edit-text.ts';
import { switchOff } from '../wazuh/ossec-conf/switch-off.ts';
import { isPatternGateId, ownRuleIds } from '../wazuh/own-rule-ids.ts';
import { rulesFile } from '../wazuh/rule-files.ts';
import { blockSizes, type IdBlocks, leastIds } from '../wazuh/rule-ids.ts';
import { loadRuleset, type RulesetFile } from '../wazuh/ruleset/load-ruleset.ts';
import { formatProblem } from '../wazuh/ruleset/problem.ts';
import { attributeOf, lineFinder, readXml, type XmlElement } from '../wazuh/xml.ts';

/** A rule of the site that has an id of ours. */
export interface TakenId {
  readonly file: string;
  readonly line: number;
  readonly id: number;
  /** One of the documented rules, as a site has it that used the integration before. */
  readonly isDocumented: boolean;
}

/** The rules and decoders of a manager as the engine would load them. */
export interface SiteFiles {
  readonly rules: readonly RulesetFile[];
  readonly decoders: readonly RulesetFile[];
}

export function readSiteFiles(home: string): SiteFiles {
  return readRulesetOrUsual(home);
}

/** Rules of others whose ids are ours: since ours load first, the engine would drop theirs. */
export function findTakenIds({ rules }: SiteFiles, blocks: IdBlocks): TakenId[] {
  const own = ownRuleIds(blocks);
  return rules
    .filter(({ ours }) => !ours)
    .flatMap(({ name, text }) => {
      const lineAt = lineFinder(text);
      return rulesOf(text)
        .filter(({ id }) => own.has(id) || isPatternGateId(id, blocks))
        .map(({ id, element }) => ({
          file: name,
          line: lineAt(element.start),
          id,
          isDocumented: isDocumented(id, text.slice(element.start, element.end)),
        }));
    });
}

/** A rule of the site below one of ours that loads later, so that the engine would not find its parent. */
export interface EarlyChild extends Pick<TakenId, 'file' | 'line' | 'id'> {
  readonly parent: number;
}

/** Alert rules and messages of ours load last; those of the first version loaded before files such as `zzz-site.xml`. */
export function findEarlyChildren({ rules }: SiteFiles, blocks: IdBlocks): EarlyChild[] {
  const own = ownRuleIds(blocks);
  const isEarly = (name: string) => name.slice(name.lastIndexOf('/') + 1) < rulesFile;
  return rules
    .filter(({ ours, name }) => !ours && isEarly(name))
    .flatMap(({ name, text }) => {
      const lineAt = lineFinder(text);
      return rulesOf(text).flatMap(({ id, element }) => {
        const parent = parentsOf(element).find((sid) => own.has(sid));
        return parent === undefined ? [] : [{ file: name, line: lineAt(element.start), id, parent }];
      });
    });
}

function parentsOf({ children }: XmlElement): number[] {
  return children
    .filter(({ name }) => ['if_sid', 'if_matched_sid'].includes(name.toLowerCase()))
    .flatMap(({ text }) => text.split(/[\s,]+/).map(Number));
}

/** More would hide what to do. */
const shownIds = 3;

/** One sentence for all of them, with blocks of ids that no rule of this site has. */
export function formatTakenIds(taken: readonly TakenId[], site: SiteFiles, blocks: IdBlocks): string {
  const named = taken.slice(0, shownIds).map(({ file, line, id }) => `${id} (${file}:${line})`);
  const more = taken.length > shownIds ? ` and ${taken.length - shownIds} more` : '';
  const ids = taken.length === 1 ? 'rule of this site has an id' : 'rules of this site have ids';
  return (
    `${taken.length} ${ids} of ours, and ours load first, so the engine would drop the site's: ` +
    `${named.join(', ')}${more}; ${formatFree(taken, site, blocks)}`
  );
}

function formatFree(taken: readonly TakenId[], { rules }: SiteFiles, blocks: IdBlocks): string {
  const used = [...new Set(rules.filter(({ ours }) => !ours).flatMap(({ text }) => rulesOf(text)))]
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

/** Its documented form asks for the field `integration` or a field of `opencti`, or hangs under the first rule. */
function isDocumented(id: number, text: string): boolean {
  return id >= 100_623 && id <= 100_625 && /"integration"|"opencti\.|<if_sid>\s*100623\s*</.test(text);
}

interface FoundRule {
  readonly id: number;
  readonly element: XmlElement;
  readonly group: XmlElement;
}

function rulesOf(text: string): FoundRule[] {
  return readXml(text).roots.flatMap((group) =>
    group.children
      .filter(({ name }) => name.toLowerCase() === 'rule')
      .map((element) => ({ id: Number(attributeOf(element, 'id')), element, group })),
  );
}

/**
 * A rules file without some of its rules, which are comments now.
 * @returns null: nothing is left, and the engine refuses a file without a rule: the file has to go.
 */
export function switchOffRules(text: string, ids: ReadonlySet<number>, place: string): string | null {
  const found = rulesOf(text);
  const isGone = ({ id }: FoundRule) => ids.has(id);
  if (found.every(isGone)) return null;
  const groups = [...new Set(found.map(({ group }) => group))];
  // A group without a rule is refused as well (Wazuh 4.14.7).
  const gone = groups.flatMap((group) => {
    const inGroup = found.filter((rule) => rule.group === group);
    return inGroup.every(isGone) ? [group] : inGroup.filter(isGone).map(({ element }) => element);
  });
  return applyEdits(
    text,
    gone.map(({ start, end }) => ({ start, end, text: switchOff(text.slice(start, end), place) })),
  );
}

/** What the engine would say of the rules and decoders that it does not say today. */
export function findNewProblems(before: SiteFiles, after: SiteFiles): string[] {
  const known = new Set(problemsOf(before));
  return problemsOf(after).filter((problem) => !known.has(problem));
}

function problemsOf({ rules, decoders }: SiteFiles): string[] {
  // Which lists are declared is another question; here each is.
  const paths = rules.flatMap(({ text }) =>
    [...text.matchAll(/>([^<>]+)<\/list>/g)].map(([, path]) => path ?? ''),
  );
  const lists = new Map(paths.map((path) => [path, null]));
  return loadRuleset({ rules, decoders, lists }).problems.map(formatProblem);
}
