import { readRulesetOrUsual } from '../wazuh/effective-ruleset.ts';
import { applyEdits } from '../wazuh/ossec-conf/edit-text.ts';
import { switchOff } from '../wazuh/ossec-conf/switch-off.ts';
import { lineFinder } from '../wazuh/ruleset/lines.ts';
import { loadRuleset, type RulesetFile } from '../wazuh/ruleset/load-ruleset.ts';
import { formatProblem } from '../wazuh/ruleset/problem.ts';
import { attributeOf, readXml, type XmlElement } from '../wazuh/ruleset/xml.ts';

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

/** Rules of others whose ids are ours. */
export function findTakenIds({ rules }: SiteFiles, isOurs: (id: number) => boolean): TakenId[] {
  return rules
    .filter(({ ours }) => !ours)
    .flatMap(({ name, text }) => {
      const lineAt = lineFinder(text);
      return rulesOf(text)
        .filter(({ id }) => isOurs(id))
        .map(({ id, element }) => ({
          file: name,
          line: lineAt(element.start),
          id,
          isDocumented: isDocumented(id, text.slice(element.start, element.end)),
        }));
    });
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
