import { existsSync } from 'node:fs';
import { join, normalize } from 'node:path';
import type { OssecConf } from './ossec-conf/read-ossec-conf.ts';
import { pathsOf, patternOf } from './ossec-conf/ruleset-files.ts';
import { ownPaths } from './own-files.ts';
import { isOwnXml } from './ruleset-folder.ts';
import type { XmlElement } from './xml.ts';

/** A file of ours that is there and that the engine does not load. */
interface LeftOut {
  /** Below the home. */
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

/** Is a folder named by an element? One slash more is no other folder. */
export function isFolder({ text }: XmlElement, folder: string): boolean {
  return normalize(`${text}/`) === `${folder}/`;
}
