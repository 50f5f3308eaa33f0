import { evaluate, type FiredRule } from '../engine-model/evaluate.ts';
import { readListText } from '../engine-model/list-reader.ts';
import { type LoadedRuleset, loadRuleset, type Ruleset } from '../engine-model/load-ruleset.ts';
import { toEventOfMessage } from '../engine-model/message-event.ts';
import { effectOf } from '../engine-model/problem.ts';
import type { RecordedAlert, RecordedFile, RecordedReload } from './recorded.ts';
import { type Lists, standInDecoders, standInRules } from './stand-in.ts';

const setA: RecordedFile = {
  path: 'etc/rules/lab_1.xml',
  content:
    '<group name="lab,"><rule id="100800" level="5"><match>orbit-marker</match><description>set A</description></rule></group>',
};

export const marker =
  '1:[003] (db-02) 10.20.0.31->/var/log/syslog:Nov 30 14:02:09 db-02 orbitd[1]: orbit-marker';

/** Returns whether the engine can read a file: it runs as `wazuh` and skips what it may not read, with a warning (1103). */
function isReadable({ owner, mode, is }: RecordedFile): boolean {
  const isClosed = owner === 'root' && mode === '0600';
  // It is chrooted to its home: a link out of that leads to nothing.
  return !isClosed && is?.startsWith('symlink:') !== true;
}

/** Returns the files that the engine reads: those with the folder's pattern, `.xml$`, that it may read. */
function filesOf(files: readonly RecordedFile[], folder: string) {
  return files
    .filter((file) => file.path.startsWith(folder) && file.path.endsWith('.xml') && isReadable(file))
    .map(({ path, content = '' }) => ({ name: path, text: content }));
}

function listsOf(files: readonly RecordedFile[], declared: readonly string[]): Lists {
  const found = files.filter((file) => declared.includes(file.path) && isReadable(file));
  return new Map([
    ['etc/lists/lab-base', readListText('')],
    ...found.map(({ path, content = '' }) => [path, readListText(content)] as const),
  ]);
}

/** The stand-ins and, beside them, a set of files of a site. */
export function loadSite(files: readonly RecordedFile[], declared: readonly string[] = []): LoadedRuleset {
  return loadRuleset({
    rules: [...standInRules, ...filesOf(files, 'etc/rules/')],
    decoders: [...standInDecoders, ...filesOf(files, 'etc/decoders/')],
    lists: listsOf(files, declared),
  });
}

function toRecorded({ id, level, description, groups }: FiredRule): RecordedAlert {
  return { id: String(id), level, description, groups };
}

export function alertOf(ruleset: Ruleset, message: string): RecordedAlert | null {
  const event = toEventOfMessage(ruleset, message);
  const fired = event && evaluate(ruleset, event).fired;
  return fired === null ? null : toRecorded(fired);
}

export interface Judgement {
  /** True when the set is refused; then nothing else is compared, since the engine stops at its first fault. */
  readonly refused: boolean;
  /** Ids of the rules that the engine leaves out, each once. */
  readonly dropped: readonly string[];
  /** How many texts are too long for it: these conditions are lost. */
  readonly lost: number;
  readonly marker: RecordedAlert | null;
  readonly alerts: readonly (RecordedAlert | null)[];
}

/** Returns the model's judgement of a recorded set of files. */
export function judge({ files, declared, probes }: RecordedReload): Judgement {
  const site = loadSite(files, declared);
  const refused = site.problems.some((problem) => effectOf(problem) === 'refused');
  const { ruleset } = refused ? loadSite([setA]) : site;
  const dropped = site.problems.filter((problem) => effectOf(problem) === 'dropped');
  return {
    refused,
    dropped: refused ? [] : [...new Set(dropped.map(({ ruleId }) => String(ruleId)))].sort(),
    lost: refused ? 0 : site.problems.filter(({ cause }) => cause === 'option-too-long').length,
    marker: alertOf(ruleset, marker),
    alerts: probes.map(({ probe }) => alertOf(ruleset, probe)),
  };
}

const droppedRule = /Rule '(\d+)' will be ignored|^\(7612\): Rule ID '(\d+)'|^\(7610\): Group '(a+)$/;

/** Returns the engine's judgement in the same form. A message has 2,048 bytes at most: a long group hides the id after it. */
export function toJudgement({ reload, old_set_kept, marker, probes }: RecordedReload): Judgement {
  const messages = old_set_kept ? [] : reload.data;
  const dropped = messages.flatMap((message) => {
    const found = droppedRule.exec(message);
    return found === null ? [] : [found[1] ?? found[2] ?? '100801'];
  });
  return {
    refused: old_set_kept,
    dropped: [...new Set(dropped)].sort(),
    lost: messages.filter((message) => message.startsWith('(1104)')).length,
    marker,
    alerts: probes.map(({ alert }) => alert),
  };
}
