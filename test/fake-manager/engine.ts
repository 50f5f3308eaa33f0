import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { readOssecConf } from '../../src/wazuh/ossec-conf/read.ts';
import { readEffectiveRuleset } from '../../src/wazuh/ossec-conf/ruleset-files.ts';
import { evaluate, type FiredRule } from '../engine-model/evaluate.ts';
import { type LoadedRuleset, loadRuleset, type RulesetFile } from '../engine-model/load-ruleset.ts';
import { toEventOfMessage } from '../engine-model/message-event.ts';
import { effectOf, type Problem } from '../engine-model/problem.ts';
import { compileList, readCompiled } from './compile-list.ts';

/** The set that the engine has loaded: lists by their declared paths, files by their places. */
export interface LoadedSet {
  readonly lists: ReadonlyMap<string, ReadonlyMap<string, string>>;
  readonly files: Readonly<Record<string, string>>;
  readonly ruleset: LoadedRuleset['ruleset'];
}

export interface LoadResult {
  readonly isTaken: boolean;
  /** The messages of the engine in its own words. */
  readonly messages: readonly string[];
}

/** The result of a session: -1 for errors, 1 for warnings, 0 for neither. */
export interface Judgement {
  readonly codemsg: -1 | 0 | 1;
  readonly messages: readonly string[];
  /** True when there is a session; a set that would be refused has none. */
  readonly isOpen: boolean;
}

export interface CompileFaults {
  readonly noCompile?: boolean;
  readonly dropEntries?: number;
}

/** The engine's part: lists and rules from the disk into memory, and events against them. */
export interface Engine {
  readonly loaded: LoadedSet | null;
  /** Compiles the lists and loads all, or keeps what it had. */
  load(faults?: CompileFaults): LoadResult;
  /** Returns what a logtest session that is opened now reports about the disk; it compiles the lists, too. */
  judge(faults?: CompileFaults): Judgement;
  /** What the last session says of a log: the rule that ends its way, level 0 included, and the decoder that took it. */
  tryLog(line: string, location: string): { readonly rule?: object; readonly decoder: object };
  /** The names of the decoders of what it has loaded, built in ones first. */
  decoderNames(): string[];
  /** As `wazuh-analysisd -t`: compiles and checks, and loads nothing. */
  check(faults?: CompileFaults): LoadResult;
  fire(message: string): FiredRule | null;
}

export function createEngine(home: string): Engine {
  let loaded: LoadedSet | null = null;
  let judged: LoadedSet | null = null;
  function read(faults: CompileFaults, isToLoad: boolean) {
    const conf = readOssecConf(readFileSync(join(home, 'etc/ossec.conf'), 'utf8'));
    const { rules, decoders, lists: declared } = readEffectiveRuleset(home, conf);
    const lists = readLists(home, declared, faults, isToLoad);
    const others = (files: readonly RulesetFile[]) => files.map(({ name, text }) => ({ name, text }));
    const { ruleset, problems } = loadRuleset({
      rules: others(rules),
      decoders: others(decoders),
      lists: new Map(
        [...lists].map(([path, entries]) => [path, { lookUp: (key: string) => entries.get(key) }]),
      ),
    });
    const isTaken = !problems.some(isRefused);
    const files = Object.fromEntries([...rules, ...decoders].map(({ name, text }) => [name, text]));
    const set: LoadedSet = { lists, files, ruleset };
    return {
      set,
      result: { isTaken, messages: problems.flatMap((problem) => toMessages(problem, files)) },
      problems,
    };
  }
  return {
    get loaded() {
      return loaded;
    },
    load(faults = {}) {
      const { set, result } = read(faults, true);
      if (result.isTaken) loaded = set;
      return result;
    },
    check: (faults = {}) => read(faults, false).result,
    judge(faults = {}) {
      // A session reads the lists, too.
      const { set, result, problems } = read(faults, true);
      judged = set;
      const said = problems.flatMap((problem) =>
        toMessages(problem, set.files).map(
          (message) => `${isError(problem) ? 'ERROR' : 'WARNING'}: ${message}`,
        ),
      );
      const last = result.isTaken
        ? "INFO: (7202): Session initialized with token '{token}'"
        : 'ERROR: (7311): Failure to initializing session';
      const codemsg = !result.isTaken || problems.some(isError) ? -1 : said.length > 0 ? 1 : 0;
      return { codemsg, messages: [...said, last], isOpen: result.isTaken };
    },
    tryLog(line, location) {
      const event = judged && toEventOfMessage(judged.ruleset, `1:${location}:${line}`);
      if (judged === null || event === null) return { decoder: {} };
      const { fired, silencedBy } = evaluate(judged.ruleset, event);
      const rule = fired ?? silencedBy;
      const decoder = event.decoder === '' ? {} : { name: event.decoder };
      if (rule === null) return { decoder };
      const { id, level, description, groups } = rule;
      return { rule: { id: String(id), level, description, groups }, decoder };
    },
    decoderNames: () => loaded?.ruleset.decoders.map(({ name }) => name) ?? [],
    fire(message) {
      if (loaded === null) throw new Error('the engine does not run');
      const event = toEventOfMessage(loaded.ruleset, message);
      return event && evaluate(loaded.ruleset, event).fired;
    },
  };
}

/** Compiles the lists that need it. @param isToLoad false when only their presence is checked. */
function readLists(home: string, declared: readonly string[], faults: CompileFaults, isToLoad: boolean) {
  const lists = new Map<string, ReadonlyMap<string, string>>();
  for (const path of declared) {
    const text = join(home, path);
    if (!existsSync(text)) continue;
    if (!faults.noCompile) compileList(text, faults.dropEntries);
    const entries = isToLoad ? readCompiled(text) : existsSync(`${text}.cdb`) ? new Map() : null;
    if (entries !== null) lists.set(path, entries);
  }
  return lists;
}

/** Of a condition that is too long the engine says so, loses it, and takes the rule without it (recorded on 4.14.7). */
const isTooLong = ({ cause }: Problem) => cause === 'option-too-long';
const isRefused = (problem: Problem) => effectOf(problem) === 'refused' && !isTooLong(problem);
const isError = (problem: Problem) => effectOf(problem) === 'refused' || isTooLong(problem);

/** In the words of the engine (Wazuh 4.14.7), as far as the tool reads them. */
function toMessages(problem: Problem, files: LoadedSet['files']): string[] {
  const { cause, ruleId, message, file } = problem;
  const quoted = /"([^"]*)"/.exec(message)?.[1] ?? '';
  switch (cause) {
    case 'undeclared-list':
      return [`(7616): List '${quoted}' could not be loaded. Rule '${ruleId}' will be ignored.`];
    case 'some-parents-unknown':
      return [
        `(7617): Signature ID '${/\d+/.exec(message)?.[0]}' was not found and will be ignored in the 'if_sid' option of rule '${ruleId}'.`,
      ];
    case 'unknown-parent':
      return [
        ...quoted
          .split(/[, ]+/)
          .map(
            (id) =>
              `(7617): Signature ID '${id}' was not found and will be ignored in the 'if_sid' option of rule '${ruleId}'.`,
          ),
        `(7619): Empty 'if_sid' value. Rule '${ruleId}' will be ignored.`,
      ];
    case 'duplicate-id':
      return [`(7612): Rule ID '${ruleId}' is duplicated. Only the first occurrence will be considered.`];
    case 'unknown-group':
      return [
        `(7610): Group '${quoted}' was not found. Invalid 'if_group'. Rule '${ruleId}' will be ignored.`,
      ];
    case 'unknown-decoder':
      return [`Invalid decoder name: '${quoted}'.`];
    case 'option-too-long':
      return [`(1104): Maximum string size reached for: ${quoteLongText(problem, files)}`];
    case 'blank-file':
      return [`(1202): Configuration error at '${file}'.`];
    default:
      return isRefused(problem) ? [`(1226): Error reading XML file '${file}': ${message}.`] : [];
  }
}

/** The engine's log has room for so many bytes of a text. */
const loggedBytes = 2_006;

function quoteLongText({ file, line }: Problem, files: LoadedSet['files']): string {
  const [, text = ''] = Object.entries(files).find(([path]) => path.endsWith(`/${file}`)) ?? [];
  const from = text
    .split('\n')
    .slice(line - 1)
    .join('\n');
  return (/>([^<]{2048,})</.exec(from)?.[1] ?? '').slice(0, loggedBytes);
}
