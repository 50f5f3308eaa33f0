import { KnownError } from '../../errors.ts';
import { readXml, type XmlElement } from '../ruleset/xml.ts';

/** What `ossec.conf` says of this manager. */
export interface OssecConf {
  /** As the engine compares them: letter by letter. */
  readonly lists: ReadonlySet<string>;
  /** Lists that an earlier `<ruleset>` block declares: a later one takes its place (Wazuh 4.14.7). */
  readonly overwrittenLists: ReadonlySet<string>;
  readonly ruleFolders: readonly string[];
  readonly decoderFolders: readonly string[];
  readonly node: 'single' | 'master' | 'worker';
}

/**
 * Reads it as the engine does: the blocks of all `<ossec_config>` roots, one after another; of the `<ruleset>`
 * blocks the last one counts.
 * @throws KnownError when the engine could not read it either.
 */
export function parseOssecConf(text: string, place: string): OssecConf {
  const { roots, fault } = readXml(text);
  if (fault !== null) {
    const line = text.slice(0, fault.offset).split('\n').length;
    throw new KnownError(`${place} line ${line}: ${fault.message}: the engine could not read it either`, {
      exitCode: 2,
    });
  }
  const blocks = roots.filter(({ name }) => name === 'ossec_config').flatMap(({ children }) => children);
  const rulesets = blocks.filter(({ name }) => name === 'ruleset');
  const effective = rulesets.slice(-1);
  return {
    lists: new Set(textsOf(effective, 'list')),
    overwrittenLists: new Set(textsOf(rulesets.slice(0, -1), 'list')),
    ruleFolders: textsOf(effective, 'rule_dir'),
    decoderFolders: textsOf(effective, 'decoder_dir'),
    node: toNode(blocks.findLast(({ name }) => name === 'cluster')),
  };
}

function textsOf(blocks: readonly XmlElement[], name: string): string[] {
  return blocks.flatMap(({ children }) =>
    children.filter((child) => child.name === name).map(({ text }) => text),
  );
}

/** A block that does not say `disabled` is one of a cluster, and its node a master (Wazuh 4.14.7). */
function toNode(cluster: XmlElement | undefined): OssecConf['node'] {
  if (cluster === undefined || textsOf([cluster], 'disabled').at(-1)?.trim() === 'yes') return 'single';
  return textsOf([cluster], 'node_type').at(-1)?.trim() === 'worker' ? 'worker' : 'master';
}
