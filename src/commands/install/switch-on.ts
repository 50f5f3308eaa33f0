import { isDeepStrictEqual } from 'node:util';
import { type Document, isMap, isScalar, type Pair, parseDocument, type Scalar, type YAMLMap } from 'yaml';
import { type Entry, readEntry } from '../../files/transaction.ts';
import { allFields, type SourceName, sourceNames } from '../../wazuh/fields.ts';
import type { EventLog } from '../../wazuh/log-end.ts';
import { applyEdits, type TextEdit } from '../../wazuh/ossec-conf/edit.ts';
import { type InstalledConfig, toConfigPath } from './configuration.ts';
import { readJournal } from './journal.ts';
import type { Change, Machine } from './machine.ts';

/** By the name of a source, the log that has an event of it. */
export type SeenSources = ReadonlyMap<SourceName, EventLog>;

export interface SwitchedConfig extends InstalledConfig {
  /** The sources that this run switches on. */
  readonly switchedOn: readonly SourceName[];
  /** A sentence each, for sources that were seen and that the configuration does not name. */
  readonly notes: readonly string[];
  /** The configuration of the site that gets the switches and nothing else; null: there is none. */
  readonly edited: Extract<Entry, { kind: 'file' }> | null;
}

/**
 * The configuration as it would be installed, with `sources.<name>: on` for each source that has events and rows that wait
 * for it. What the configuration names stays as it is, and so does every other byte of it.
 *
 * The logs of a manager begin anew each day. So a configuration that is written anew, from `--config` say, has as well
 * what an earlier installation has switched on.
 */
export function switchOnSeen(
  machine: Machine,
  installed: InstalledConfig,
  seen: SeenSources,
): SwitchedConfig {
  const nothing: SwitchedConfig = { ...installed, switchedOn: [], notes: [], edited: null };
  const path = toConfigPath(machine);
  const written = installed.changes.find((change) => change.path === path);
  const entry = written?.to ?? readEntry(machine, path);
  if (entry.kind !== 'file') return nothing;
  const earlier = written ? (readJournal(machine)?.switchedOn ?? []) : [];
  // In latin1 each byte is a character, and comes out as it went in.
  const text = entry.bytes.toString('latin1');
  const document = parseDocument(text, { logLevel: 'error' });
  const wanted = waitingSources.filter(
    (name) => (seen.has(name) || earlier.includes(name)) && !isNamed(document, name),
  );
  if (wanted.length === 0) return nothing;
  const edited = addSwitches(text, document, wanted);
  if (edited === null)
    return {
      ...nothing,
      notes: wanted.map((name) => `source ${name}: ${toReason(name)}, and not on: ${byHand}`),
    };
  const to: Entry = { ...entry, bytes: Buffer.from(edited, 'latin1') };
  const change: Change = written
    ? { ...written, to }
    : { path, to, from: entry, why: 'sources that were seen' };
  return {
    changes: [...installed.changes.filter((each) => each !== written), change],
    config: {
      ...installed.config,
      sources: { ...installed.config.sources, ...toSwitches(installed, wanted) },
    },
    switchedOn: wanted,
    notes: wanted.map((name) => `source ${name}: ${toReason(name)}, switched on`),
    edited: written ? null : entry,
  };

  function toReason(name: SourceName): string {
    const log = seen.get(name);
    return log === undefined ? 'seen before' : `seen in ${log}`;
  }
}

/** On a worker, whose rules come from the master: nothing is switched on, and what was seen is said. */
export function leaveToMaster(
  machine: Machine,
  installed: InstalledConfig,
  seen: SeenSources,
): SwitchedConfig {
  const { switchedOn } = switchOnSeen(machine, installed, seen);
  const notes = switchedOn
    .filter((name) => seen.has(name))
    .map((name) => `source ${name}: seen in ${seen.get(name)}; ${atMaster}`);
  return { ...installed, switchedOn: [], notes, edited: null };
}

const atMaster = 'where the master does not look it up yet, write sources.<name>: on into its configuration';

const byHand = 'the configuration has a form that is not edited here; write this source into it by hand';

/** Sources with rows that are on once the source is. */
export const waitingSources: readonly SourceName[] = sourceNames.filter((name) =>
  allFields.some(({ events }) => events.some(({ source, starts }) => source === name && starts === 'source')),
);

function toSwitches({ config }: InstalledConfig, names: readonly SourceName[]) {
  const unnamed = { rows: {}, level: null, context: null };
  return Object.fromEntries(
    names.map((name) => [name, { ...unnamed, ...config.sources[name], enabled: 'on' as const }]),
  );
}

/** A key without a value says nothing. */
function isNamed(document: Document, name: SourceName): boolean {
  const written: unknown = document.getIn(['sources', name]);
  return written !== undefined && written !== null;
}

/**
 * The text with these sources on, and otherwise to the byte as it was.
 * @returns null: the text has a form in which the places are not found.
 */
export function addSwitches(text: string, document: Document, names: readonly SourceName[]): string | null {
  const edits = toEdits(text, document, names);
  if (edits === null) return null;
  const edited = applyEdits(text, edits);
  return isAsMeant(document, edited, names) ? edited : null;
}

/** Does a text say what the document says, and that these sources are on? */
function isAsMeant(document: Document, edited: string, names: readonly SourceName[]): boolean {
  const after = parseDocument(edited, { logLevel: 'error' });
  if (after.errors.length > 0) return false;
  const meant = document.clone();
  if (!isMap(meant.get('sources'))) meant.set('sources', meant.createNode({}));
  for (const name of names) meant.setIn(['sources', name], after.getIn(['sources', name]));
  const isOn = (value: unknown) => value === 'on' || value === true;
  return (
    names.every((name) => isOn(after.getIn(['sources', name]))) &&
    isDeepStrictEqual(after.toJS(), meant.toJS())
  );
}

function toEdits(text: string, document: Document, names: readonly SourceName[]): TextEdit[] | null {
  const lineEnd = text.includes('\r\n') ? '\r\n' : '\n';
  const lines = (indent: string) => names.map((name) => `${indent}${name}: on${lineEnd}`).join('');
  const { contents: root } = document;
  if (root !== null && !isMap(root)) return isEmpty(root) ? [append('')] : null;
  const section = findPair(root, 'sources');
  if (section === undefined) {
    if (root?.flow) return addToFlow(root, `sources: { ${toFlow(names)} }`);
    return [append(root === null ? '' : indentOfFirst(text, root))];
  }
  if (isMap(section.value)) return addToSection(text, section.value, names, lineEnd);
  if (!isEmpty(section.value) || !isScalar(section.key) || root?.flow) return null;
  // Its keys may all be comments, which begin in the next line.
  const keyEnd = text.indexOf('\n', endOf(section.key));
  if (section.value?.source) return null;
  const indent = `${indentOfFirst(text, root)}  `;
  return keyEnd < 0
    ? [{ start: text.length, end: text.length, text: `${lineEnd}${lines(indent)}` }]
    : [{ start: keyEnd + 1, end: keyEnd + 1, text: lines(indent) }];

  function append(indent: string): TextEdit {
    const isEnded = text === '' || text.endsWith('\n');
    const section = `${indent}sources:${lineEnd}${lines(`${indent}  `)}`;
    return { start: text.length, end: text.length, text: `${isEnded ? '' : lineEnd}${section}` };
  }
}

function addToSection(
  text: string,
  section: YAMLMap,
  names: readonly SourceName[],
  lineEnd: string,
): TextEdit[] | null {
  const empty = names.filter((name) => findPair(section, name) !== undefined);
  const fill = empty.map((name): TextEdit => {
    const at = text.indexOf(':', endOf(findPair(section, name)?.key)) + 1;
    return { start: at, end: at, text: ' on' };
  });
  const absent = names.filter((name) => !empty.includes(name));
  if (absent.length === 0) return fill;
  if (section.flow) {
    const added = addToFlow(section, toFlow(absent));
    return added && [...fill, ...added];
  }
  const first = startOf(section.items[0]?.key);
  if (first === null) return null;
  const indent = indentOfFirst(text, section);
  const added = absent.map((name) => `${name}: on${lineEnd}${indent}`).join('');
  return [...fill, { start: first, end: first, text: added }];
}

const toFlow = (names: readonly SourceName[]) => names.map((name) => `${name}: on`).join(', ');

function addToFlow(map: YAMLMap, added: string): TextEdit[] | null {
  const first = startOf(map.items[0]?.key);
  if (first !== null) return [{ start: first, end: first, text: `${added}, ` }];
  if (!map.range || map.items.length > 0) return null;
  return [{ start: map.range[0], end: map.range[1], text: `{ ${added} }` }];
}

function findPair(map: YAMLMap | null, name: string): Pair<unknown, Scalar | null> | undefined {
  const pairs = (map?.items ?? []) as Pair<unknown, Scalar | null>[];
  return pairs.find(({ key }) => isScalar(key) && key.value === name);
}

function isEmpty(node: unknown): boolean {
  return node === null || (isScalar(node) && node.value === null);
}

function startOf(key: unknown): number | null {
  return isScalar(key) && key.range ? key.range[0] : null;
}

function endOf(key: unknown): number {
  return isScalar(key) && key.range ? key.range[1] : 0;
}

function indentOfFirst(text: string, map: YAMLMap | null): string {
  const start = startOf(map?.items[0]?.key) ?? 0;
  return /[ \t]*$/.exec(text.slice(text.lastIndexOf('\n', start - 1) + 1, start))?.[0] ?? '';
}
