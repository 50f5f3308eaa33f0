import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { readEffectiveRuleset } from '../../src/wazuh/effective-ruleset.ts';
import { readOssecConf } from '../../src/wazuh/ossec-conf/read-ossec-conf.ts';
import { evaluate, type FiredRule } from '../../src/wazuh/ruleset/evaluate.ts';
import { type LoadedRuleset, loadRuleset, type RulesetFile } from '../../src/wazuh/ruleset/load-ruleset.ts';
import { toEventOfMessage } from '../../src/wazuh/ruleset/message-event.ts';
import { effectOf, type Problem } from '../../src/wazuh/ruleset/problem.ts';
import { compileList, readCompiled } from './compile-list.ts';

/** What the engine has taken: lists by their declared paths, files by their places. */
export interface LoadedSet {
  readonly lists: ReadonlyMap<string, ReadonlyMap<string, string>>;
  readonly files: Readonly<Record<string, string>>;
  readonly ruleset: LoadedRuleset['ruleset'];
}

export interface LoadResult {
  readonly isTaken: boolean;
  /** What the engine says, as it says it. */
  readonly messages: readonly string[];
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
  /** As `wazuh-analysisd -t`: compiles and checks, and loads nothing. */
  check(faults?: CompileFaults): LoadResult;
  fire(message: string): FiredRule | null;
}

export function createEngine(home: string): Engine {
  let loaded: LoadedSet | null = null;
  function read(faults: CompileFaults): { set: LoadedSet; result: LoadResult } {
    const conf = readOssecConf(readFileSync(join(home, 'etc/ossec.conf'), 'utf8'));
    const { rules, decoders, lists: declared } = readEffectiveRuleset(home, conf);
    const lists = new Map<string, ReadonlyMap<string, string>>();
    for (const path of declared) {
      const text = join(home, path);
      if (!existsSync(text)) continue;
      if (!faults.noCompile) compileList(text, faults.dropEntries);
      const entries = readCompiled(text);
      if (entries !== null) lists.set(path, entries);
    }
    const others = (files: readonly RulesetFile[]) => files.map(({ name, text }) => ({ name, text }));
    const { ruleset, problems } = loadRuleset({
      rules: others(rules),
      decoders: others(decoders),
      lists: new Map(
        [...lists].map(([path, entries]) => [path, { lookUp: (key: string) => entries.get(key) }]),
      ),
    });
    const isTaken = !problems.some((problem) => effectOf(problem) === 'refused');
    const files = Object.fromEntries([...rules, ...decoders].map(({ name, text }) => [name, text]));
    return {
      set: { lists, files, ruleset },
      result: { isTaken, messages: problems.flatMap(toMessages) },
    };
  }
  return {
    get loaded() {
      return loaded;
    },
    load(faults = {}) {
      const { set, result } = read(faults);
      if (result.isTaken) loaded = set;
      return result;
    },
    check: (faults = {}) => read(faults).result,
    fire(message) {
      if (loaded === null) throw new Error('the engine does not run');
      const event = toEventOfMessage(loaded.ruleset, message);
      return event && evaluate(loaded.ruleset, event).fired;
    },
  };
}

/** In the words of the engine (Wazuh 4.14.7), as far as the tool reads them. */
function toMessages({ cause, ruleId, message, file }: Problem): string[] {
  const quoted = /"([^"]*)"/.exec(message)?.[1] ?? '';
  switch (cause) {
    case 'undeclared-list':
      return [`(7616): List '${quoted}' could not be loaded. Rule '${ruleId}' will be ignored.`];
    case 'some-parents-unknown':
      return [
        `(7617): Signature ID '${/\d+/.exec(message)?.[0]}' was not found and will be ignored in the 'if_sid' option of rule '${ruleId}'.`,
      ];
    case 'unknown-parent':
      return [`(7619): Empty 'if_sid' value. Rule '${ruleId}' will be ignored.`];
    case 'duplicate-id':
      return [`(7612): Rule ID '${ruleId}' is duplicated. Only the first occurrence will be considered.`];
    case 'unknown-group':
      return [
        `(7610): Group '${quoted}' was not found. Invalid 'if_group'. Rule '${ruleId}' will be ignored.`,
      ];
    case 'option-too-long':
      return ['(1104): Maximum string size reached for: ...'];
    case 'blank-file':
      return [`(1202): Configuration error at '${file}'.`];
    default:
      return [`(1226): Error reading XML file '${file}': ${message}.`];
  }
}
