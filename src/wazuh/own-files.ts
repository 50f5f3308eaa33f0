import { eventFields } from './event-fields.ts';
import { networkMapName } from './network-map.ts';

/** The folders of `etc` that have files of ours. */
export const ownFolders = ['lists', 'rules', 'decoders'] as const;
export type OwnFolder = (typeof ownFolders)[number];

export interface OwnFile {
  readonly folder: OwnFolder;
  readonly name: string;
}

/**
 * Every file that the project writes below `etc`, in the order in which a set is put in place: at each point
 * between, the engine could load what is there (a gate may name the decoder, and a rule's group comes from a
 * gate). Nothing else is ever written, renamed or removed there, whatever a journal says.
 */
const ownFiles: ReadonlyMap<string, OwnFile> = new Map(
  [
    ...eventFields.map(({ list }): OwnFile => ({ folder: 'lists', name: list })),
    { folder: 'lists', name: networkMapName } as const,
    { folder: 'decoders', name: 'zz-opencti-decoder.xml' } as const,
    { folder: 'rules', name: 'zz-opencti-1-gates.xml' } as const,
    { folder: 'rules', name: 'zz-opencti-2-rules.xml' } as const,
  ].map((file) => [`${file.folder}/${file.name}`, file]),
);

export const ownPaths: readonly string[] = [...ownFiles.keys()];

/** Null: not a file of ours. */
export function toOwnFile(path: string): OwnFile | null {
  return ownFiles.get(path) ?? null;
}

/** Does a text of the engine, a warning say, speak of a list, a file or a rule of ours? */
export function namesOwn(text: string, ruleIds: ReadonlySet<number>): boolean {
  if ([...ownFiles.values()].some(({ name }) => text.includes(name))) return true;
  return [...text.matchAll(/(?<![\w.])\d{6}(?![\w.]*\w)/g)].some(([id]) => ruleIds.has(Number(id)));
}
