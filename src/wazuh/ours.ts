import { canaryId, listCanaries } from './canaries.ts';
import { type ListName, listNames, retiredLists } from './fields.ts';
import { formatListLine } from './list.ts';

export const gatesFile = '0011-opencti-gates.xml';
export const rulesFile = 'zzzz-opencti-rules.xml';
export const decoderFile = 'zzzz-opencti-decoder.xml';
/** See `renderDnsDecoders`. */
export const namedDecoderFile = '0154-opencti-dns-decoders.xml';
export const dnsDecoderFile = 'zzzz-opencti-dns-decoders.xml';
/** Of the first version. */
export const retiredXml = [
  'zz-opencti-decoder.xml',
  'zz-opencti-1-gates.xml',
  'zz-opencti-2-rules.xml',
] as const;

/**
 * The name of a file next to the lists that has the OpenCTI id of each network: gates match networks and hold no ids,
 * so a lookup of an id needs this file. It has the form of a list and is searched like a list; no rule names it, so the
 * engine never reads it.
 */
export const networkMapName = 'opencti-networks';

/** Its path below `etc`. */
export const networkMapPath = `lists/${networkMapName}`;

/**
 * Returns the key of a network, such as `31.0.0.0_24`: the server API and the dashboard read every file of `etc/lists`,
 * and accept no `/` in a quoted key (Wazuh 4.14.7).
 * @param network in its normal form.
 */
export function formatNetworkKey(network: string): string {
  return network.replace('/', '_');
}

/** The text of a file for `etc/rules` or `etc/decoders`. */
export interface RuleFile {
  readonly path: string;
  readonly text: string;
}

/** The folders of `etc` that have files of ours. */
export const ownFolders = ['lists', 'rules', 'decoders'] as const;
export type OwnFolder = (typeof ownFolders)[number];

export interface OwnFile {
  readonly folder: OwnFolder;
  readonly name: string;
}

const lists = [...listNames, networkMapName, ...retiredLists];
const [retiredDecoder, ...retiredRules] = retiredXml;

/**
 * All files that the project writes below `etc`, in the order in which a set is put in place; files are removed in the
 * reverse order. So the engine can start in every state between two operations: a rule that names a decoder that is not
 * loaded keeps the manager from starting (Wazuh 4.14.7), and a rule whose list does not exist is dropped. The project
 * never writes, renames or removes anything else there, whatever a journal contains.
 */
const ownFiles: ReadonlyMap<string, OwnFile> = new Map(
  [
    ...lists.map((name): OwnFile => ({ folder: 'lists', name })),
    ...[retiredDecoder, namedDecoderFile, dnsDecoderFile, decoderFile].map(
      (name): OwnFile => ({ folder: 'decoders', name }),
    ),
    ...[...retiredRules, gatesFile, rulesFile].map((name): OwnFile => ({ folder: 'rules', name })),
  ].map((file) => [`${file.folder}/${file.name}`, file]),
);

export const ownPaths: readonly string[] = [...ownFiles.keys()];

/** Returns the file of ours with this path; null: it is not a file of ours. */
export function toOwnFile(path: string): OwnFile | null {
  return ownFiles.get(path) ?? toGatesPart(path);
}

/** Returns a part of the gates that a person has copied there from an export with several parts. */
function toGatesPart(path: string): OwnFile | null {
  const [folder, name = ''] = path.split('/');
  return folder === 'rules' && isGatesPart(name) ? { folder, name } : null;
}

export function isGatesPart(name: string): boolean {
  return /^0011-opencti-gates-\d{1,3}\.xml$/.test(name);
}

/**
 * Returns the paths of the parts of the gates next to which a refresh has left a file.
 * @param names in the folder of the rules.
 */
export function findLeftParts(names: readonly string[]): string[] {
  const left = names.flatMap((name) => /^\.(.+)\.(?:new|old)~$/.exec(name)?.[1] ?? []);
  return [...new Set(left)].filter(isGatesPart).map((name) => `rules/${name}`);
}

/** Returns whether a text of the engine, such as a warning, names a list, a file or a rule of ours. */
export function namesOwn(text: string, ruleIds: ReadonlySet<number>): boolean {
  if ([...ownFiles.values()].some(({ name }) => text.includes(name))) return true;
  return [...text.matchAll(/(?<![\w.])\d{6}(?![\w.]*\w)/g)].some(([id]) => ruleIds.has(Number(id)));
}

/**
 * The lists that no rule reads, or none any more, and that `ossec.conf` declares, with nothing but a canary: the engine
 * looks for each declared list. `install` takes such a line out, and then the list goes.
 * @param declared paths below the home. @param read names of the lists that rules read.
 */
export function toRetiredLists(declared: readonly string[], read: readonly string[]) {
  const line = formatListLine({ key: `SHA256=${listCanaries.sha256.toUpperCase()}`, value: canaryId });
  const names: readonly (ListName | (typeof retiredLists)[number])[] = [...listNames, ...retiredLists];
  return names
    .filter((name) => declared.includes(`etc/lists/${name}`) && !read.includes(name))
    .map((name) => ({ path: `lists/${name}`, lines: [line] }));
}
