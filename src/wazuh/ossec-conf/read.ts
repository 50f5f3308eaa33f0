import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { codeOf, KnownError } from '../../errors.ts';
import { lineFinder, readXml, type XmlElement } from '../xml.ts';

export function toConfPath(home: string): string {
  return join(home, 'etc', 'ossec.conf');
}

/**
 * Returns the `ossec.conf` of a manager for reading; an edit works on its bytes.
 * @param home the Wazuh home.
 * @throws KnownError (exit code 2) when it does not exist or cannot be read.
 */
export function openOssecConf(home: string): OssecConf {
  return readOssecConf(readText(toConfPath(home)));
}

function readText(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    const code = codeOf(error);
    const next = code === 'ENOENT' ? 'is this a Wazuh manager?' : 'run as the user wazuh or as root';
    throw new KnownError(`${path} cannot be read (${code}): ${next}`, { exitCode: 2, cause: error });
  }
}

/** Does the same as `openOssecConf`; null: there is no such file, or this user may not read it. */
export function tryOpenOssecConf(home: string): OssecConf | null {
  try {
    return openOssecConf(home);
  } catch {
    return null;
  }
}

/** The settings of the manager for the alerts that it writes. */
export interface AlertOutput {
  /** It writes an `alerts.json`, which integratord and the selftest read. */
  readonly isJson: boolean;
  /** Alerts of a lower level are not written. */
  readonly leastLevel: number;
}

/** The manager's own value of an option that is not set (Wazuh 4.14.7). */
const usual = { leastLevel: 3 } as const;

export function readAlertOutput({ optionOf }: Pick<OssecConf, 'optionOf'>): AlertOutput {
  return {
    isJson: optionOf('global', 'jsonout_output')?.trim() !== 'no',
    leastLevel: Number(optionOf('alerts', 'log_alert_level') ?? usual.leastLevel),
  };
}

/** An `<integration>` block, as integratord reads it: when an option occurs twice, the last one counts. */
export interface IntegrationBlock {
  readonly name: string;
  readonly groups: string | null;
  readonly alertFormat: string | null;
  readonly element: XmlElement;
}

/** The parts of `ossec.conf` that this project reads. */
export interface OssecConf {
  /** The roots `<ossec_config>`; the engine reads all of them as one. */
  readonly roots: readonly XmlElement[];
  readonly rulesets: readonly XmlElement[];
  readonly integrations: readonly IntegrationBlock[];
  readonly localfiles: readonly XmlElement[];
  /** The paths of the lists that the engine loads. */
  readonly lists: readonly string[];
  /** The place where the engine gave up reading, and why: then nothing of the file counts. */
  readonly fault: { readonly line: number; readonly message: string } | null;
  /** Returns the last text of an option such as `global`, `jsonout_output`; null: it is not set. */
  optionOf(section: string, option: string): string | null;
  lineOf(element: XmlElement): number;
}

export function readOssecConf(text: string): OssecConf {
  const { roots: all, fault } = readXml(text);
  const lineAt = lineFinder(text);
  const roots = all.filter(({ name }) => name === 'ossec_config');
  const sections = roots.flatMap(({ children }) => children);
  const named = (wanted: string) => sections.filter(({ name }) => name === wanted);
  const rulesets = named('ruleset');
  return {
    roots,
    rulesets,
    integrations: named('integration').map(toIntegrationBlock),
    localfiles: named('localfile'),
    lists: listsOf(effectiveRuleset(rulesets)),
    fault: fault && { line: lineAt(fault.offset), message: fault.message },
    optionOf: (section, option) =>
      lastText(
        named(section).flatMap(({ children }) => children),
        option,
      ),
    lineOf: ({ start }) => lineAt(start),
  };
}

/**
 * Returns the block whose lists the engine finally has: the lists of each block replace those of the block before it,
 * and a block without any list leaves them (Wazuh 4.14.7, `config/rules-config.c`).
 */
export function effectiveRuleset(rulesets: readonly XmlElement[]): XmlElement | null {
  return rulesets.findLast((ruleset) => listsOf(ruleset).length > 0) ?? rulesets.at(-1) ?? null;
}

function listsOf(ruleset: XmlElement | null): string[] {
  return (ruleset?.children ?? []).filter(({ name }) => name === 'list').map(({ text }) => text);
}

function toIntegrationBlock(element: XmlElement): IntegrationBlock {
  const option = (name: string) => lastText(element.children, name);
  return {
    name: option('name') ?? '',
    groups: option('group'),
    alertFormat: option('alert_format'),
    element,
  };
}

export function lastText(elements: readonly XmlElement[], option: string): string | null {
  return elements.findLast(({ name }) => name === option)?.text ?? null;
}
