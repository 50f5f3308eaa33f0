import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join, normalize } from 'node:path';
import { codeOf } from '../../errors.ts';
import { compileOsRegex } from '../os-pattern.ts';
import { ownPaths } from '../ours.ts';
import { attributeOf, type XmlElement } from '../xml.ts';
import { type OssecConf, tryOpenOssecConf } from './read.ts';

/** A file of ours that exists and that the engine does not load. */
interface LeftOut {
  /** The path below the home. */
  readonly path: string;
  readonly why: string;
  readonly next: string;
}

export function findLeftOut(home: string, conf: OssecConf): LeftOut[] {
  const taken = new Set([...pathsOf(home, conf, 'rule'), ...pathsOf(home, conf, 'decoder')]);
  return ownPaths
    .map((path) => `etc/${path}`)
    .filter((path) => isOwnXml(path) && !taken.has(path) && existsSync(join(home, path)))
    .map((path) => ({ path, ...explainLeftOut(conf, path) }));
}

function explainLeftOut(conf: OssecConf, path: string): Omit<LeftOut, 'path'> {
  const slash = path.lastIndexOf('/');
  const [folder, name] = [path.slice(0, slash), path.slice(slash + 1)];
  const part = folder.endsWith('decoders') ? 'decoder' : 'rule';
  const elements = conf.rulesets.at(-1)?.children ?? [];
  const excluding = elements.find(
    (element) => element.name === `${part}_exclude` && [name, path].includes(element.text),
  );
  const next = 'take that line out of its <ruleset> block, then restart the manager';
  if (excluding) {
    const written = `<${part}_exclude>${excluding.text}</${part}_exclude>`;
    return { why: `line ${conf.lineOf(excluding)} has ${written}`, next };
  }
  const naming = elements.find((element) => element.name === `${part}_dir` && isFolder(element, folder));
  if (!naming) {
    const line = `<${part}_dir>${folder}</${part}_dir>`;
    const add = `write ${line} into its last <ruleset> block, then restart the manager`;
    return { why: `no <${part}_dir> names ${folder}`, next: add };
  }
  const why = `line ${conf.lineOf(naming)} takes only what "${patternOf(naming)}" matches from ${folder}`;
  return { why, next: 'widen that pattern, then restart the manager' };
}

/** Returns whether an element names a folder. An additional slash does not make it another folder. */
export function isFolder({ text }: XmlElement, folder: string): boolean {
  return normalize(`${text}/`) === `${folder}/`;
}

/** A file of rules or decoders. */
export interface RulesetFile {
  /** A path or a base name; the engine loads files in the order of their base names. */
  readonly name: string;
  readonly text: string;
  /** Whether it is one of the project's own files. */
  readonly ours?: boolean;
}

/**
 * The files that the engine loads, in its order, according to `config/rules-config.c` and `analysisd.c` of Wazuh
 * 4.14.7.
 */
export interface EffectiveRuleset {
  /** The files, named by their paths below the home. */
  readonly rules: readonly RulesetFile[];
  readonly decoders: readonly RulesetFile[];
  /** The paths of the declared lists. */
  readonly lists: readonly string[];
  /** The faults for which the engine would refuse the configuration. */
  readonly faults: readonly string[];
}

type Part = 'rule' | 'decoder';

/** The folder of a part when a block names no folder, and of an include without one. */
const stockFolders = { rule: 'ruleset/rules', decoder: 'ruleset/decoders' } as const satisfies Record<
  Part,
  string
>;

/** The pattern of a folder without a `pattern` attribute; the dot in it means a dot. */
const usualPattern = '.xml$';

const options: ReadonlySet<string> = new Set([
  'list',
  ...(['rule', 'decoder'] as const).flatMap((part) => [`${part}_include`, `${part}_exclude`, `${part}_dir`]),
]);

/** Returns the rules, decoders and lists of a manager as its `ossec.conf` names them. */
export function readEffectiveRuleset(home: string, conf: OssecConf): EffectiveRuleset {
  const faults = conf.rulesets.flatMap((block) => faultsOf(block, conf));
  const read = (part: Part) =>
    pathsOf(home, conf, part).flatMap((path) => readRulesetFile(home, path, part, faults) ?? []);
  return { rules: read('rule'), decoders: read('decoder'), lists: conf.lists, faults };
}

/**
 * Does the same as `readEffectiveRuleset`. When `ossec.conf` does not exist, cannot be read by this user or is
 * malformed, it reads the usual folders, and the lists are unknown (null).
 */
export function readRulesetOrUsual(
  home: string,
): Pick<EffectiveRuleset, 'rules' | 'decoders'> & { readonly lists: readonly string[] | null } {
  const conf = tryOpenOssecConf(home);
  if (conf?.fault === null) return readEffectiveRuleset(home, conf);
  const read = (part: string) =>
    ['ruleset', 'etc'].flatMap((base) =>
      readXmlFiles(join(home, base, part)).map((file) => ({ ...file, name: `${base}/${part}/${file.name}` })),
    );
  return { rules: read('rules'), decoders: read('decoders'), lists: null };
}

/**
 * The paths below the home of what the engine loads, in its order. Each block writes its files over those of the block
 * before it; one that finds none leaves them.
 * @param list the names in a folder.
 */
export function pathsOf(home: string, { rulesets }: OssecConf, part: Part, list = namesIn): string[] {
  const found = rulesets.map(({ children }) => selectFiles(home, children, part, list));
  return found.findLast((paths) => paths.length > 0) ?? selectFiles(home, [], part, list);
}

function selectFiles(
  home: string,
  elements: readonly XmlElement[],
  part: Part,
  list: (folder: string) => string[],
): string[] {
  const named = (option: string) => elements.filter(({ name }) => name === `${part}_${option}`);
  const excluded = new Set(named('exclude').map(({ text }) => text));
  const paths = named('include').map(({ text }) =>
    text.includes('/') ? text : `${stockFolders[part]}/${text}`,
  );
  const folders = named('dir').map((element) => ({ folder: element.text, pattern: patternOf(element) }));
  const usual = [{ folder: stockFolders[part], pattern: usualPattern }];
  for (const { folder, pattern } of folders.length > 0 ? folders : usual) {
    const isTaken = toTest(pattern);
    for (const name of list(join(home, folder))) {
      const path = `${folder}/${name}`;
      if (excluded.has(path) || excluded.has(name) || paths.includes(path) || !isTaken(path)) continue;
      paths.push(path);
    }
  }
  return paths.map(normalize).toSorted((left, right) => Buffer.compare(baseBytes(left), baseBytes(right)));
}

/** Returns the pattern of a folder. An attribute of another name replaces the usual pattern by none (Wazuh 4.14.7). */
function patternOf(element: XmlElement): string | null {
  return element.attributes.length === 0 ? usualPattern : (attributeOf(element, 'pattern') ?? null);
}

function toTest(pattern: string | null): (path: string) => boolean {
  if (pattern === null) return () => false;
  try {
    const match = compileOsRegex(pattern);
    return (path) => match(path) !== null;
  } catch {
    return () => false;
  }
}

/** Returns the names in a folder; none when it does not exist. */
function namesIn(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch (error) {
    if (isAbsence(error)) return [];
    throw error;
  }
}

function isAbsence(error: unknown): boolean {
  return ['ENOENT', 'ENOTDIR', 'EISDIR'].includes(codeOf(error) ?? '');
}

function baseBytes(path: string): Buffer {
  return Buffer.from(path.slice(path.lastIndexOf('/') + 1));
}

function readRulesetFile(home: string, path: string, part: Part, faults: string[]): RulesetFile | null {
  try {
    return { name: path, text: readFileSync(join(home, path), 'utf8'), ours: isOwnXml(path) };
  } catch (error) {
    if (!isAbsence(error)) throw error;
    const code = codeOf(error);
    faults.push(`${path}, named by <${part}_include>, cannot be read (${code})`);
    return null;
  }
}

function faultsOf(block: XmlElement, { lineOf }: OssecConf): string[] {
  if (block.children.length === 0) return [`line ${lineOf(block)}: the <ruleset> block is empty`];
  return block.children.flatMap((element) => {
    const fault = faultOf(element);
    return fault === null ? [] : [`line ${lineOf(element)}: ${fault}`];
  });
}

function faultOf(element: XmlElement): string | null {
  const { name } = element;
  if (!options.has(name)) return `<ruleset> has no option <${name}>`;
  if (!name.endsWith('_dir')) return null;
  const pattern = patternOf(element);
  if (pattern === null) return `<${name}> has an attribute and no pattern`;
  try {
    compileOsRegex(pattern);
    return null;
  } catch {
    return `the pattern "${pattern}" of <${name}> does not compile`;
  }
}

/** Returns whether a file of rules or decoders has a name of ours, of this or of the first version. */
export function isOwnXml(path: string): boolean {
  return /(?:^|\/)(?:0011-opencti-gates|zzzz-opencti-|zz-opencti-)[^/]*\.xml$/.test(path);
}

/** Returns the rule or decoder files of a folder; a folder that does not exist has none. */
export function readXmlFiles(folder: string): RulesetFile[] {
  if (!existsSync(folder)) return [];
  return readdirSync(folder)
    .filter((name) => name.endsWith('.xml'))
    .map((name) => ({ name, text: readFileSync(join(folder, name), 'utf8'), ours: isOwnXml(name) }));
}
