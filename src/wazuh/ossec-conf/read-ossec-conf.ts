import { lineFinder, readXml, type XmlElement } from '../xml.ts';

/** An `<integration>` block, as integratord reads it: of an option that comes twice the last one counts. */
export interface IntegrationBlock {
  readonly name: string;
  readonly groups: string | null;
  readonly alertFormat: string | null;
  readonly element: XmlElement;
}

/** `ossec.conf` as far as this project reads it. */
export interface OssecConf {
  /** The roots `<ossec_config>`; the engine reads all of them as one. */
  readonly roots: readonly XmlElement[];
  readonly rulesets: readonly XmlElement[];
  readonly integrations: readonly IntegrationBlock[];
  readonly localfiles: readonly XmlElement[];
  /** The paths of the lists that the engine loads. */
  readonly lists: readonly string[];
  /** Where the engine gave up reading: then nothing of the file counts. */
  readonly fault: { readonly line: number; readonly message: string } | null;
  /** The last text of an option such as `global`, `jsonout_output`; null: it is not set. */
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
 * The block whose lists the engine has in the end: each block writes its lists over those of the block before it, and
 * one without any leaves them (Wazuh 4.14.7, `config/rules-config.c`).
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
