import { existsSync, readFileSync } from 'node:fs';

/** The recordings where they are beside the repository; what is ours in them is copied into `data`. */
const shared = new URL('../../../shared/truth/', import.meta.url);
const copies = new URL('./data/', import.meta.url);

export const isSharedThere = existsSync(shared);

/** An alert of the recordings, as far as the model says the same of it. */
export interface RecordedAlert {
  readonly id: string;
  readonly level: number;
  readonly description: string;
  readonly groups: readonly string[];
}

export interface RecordedFile {
  readonly path: string;
  readonly content?: string;
  readonly owner?: string;
  readonly mode?: string;
  /** `dir`, or `symlink:` and its target. */
  readonly is?: string;
}

/** A set of files put in the place of set A, and what a hot reload of the engine 4.14.7 said and did. */
export interface RecordedReload {
  readonly case: string;
  readonly files: readonly RecordedFile[];
  readonly declared: readonly string[];
  readonly reload: { readonly error: number; readonly data: readonly string[] };
  readonly old_set_kept: boolean;
  readonly marker: RecordedAlert | null;
  readonly probes: readonly { readonly probe: string; readonly alert: RecordedAlert | null }[];
}

export interface RecordedEvent {
  readonly name: string;
  readonly message: string;
  readonly decoder: string | null;
  readonly decoder_parent?: string;
  /** An array when the field is the text of an array. */
  readonly fields: Readonly<Record<string, string | readonly unknown[]>>;
  /** The rule that ended the walk, level 0 included. */
  readonly rule_reached: {
    readonly id: string;
    readonly level: number;
    readonly groups: readonly string[];
  } | null;
}

/** Our decoders, rules and lists for Sysmon for Linux, and the results of events. */
export interface RecordedLinux {
  readonly title: string;
  readonly decoders: string;
  readonly rules: string;
  readonly lists: Readonly<Record<string, string>>;
  readonly events: readonly {
    readonly name: string;
    readonly message: string;
    readonly decoder: string;
    readonly sha256: string | null;
    readonly sha1: string | null;
    readonly md5: string | null;
    readonly rule: { readonly id: string; readonly level: number } | null;
  }[];
}

function parseLines<T>(text: string): T[] {
  return text
    .trim()
    .split('\n')
    .map((line): T => expand(JSON.parse(line)));
}

/** `{{T*N}}` means T, written N times. */
function expand<T>(value: T): T {
  if (typeof value === 'string')
    return value.replace(/\{\{(.+?)\*(\d+)\}\}/gs, (_, text: string, times: string) =>
      text.repeat(Number(times)),
    ) as T;
  if (Array.isArray(value)) return value.map(expand) as T;
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, member]) => [key, expand(member)])) as T;
}

export function readCopy<T>(name: string): T[] {
  return parseLines(readFileSync(new URL(name, copies), 'utf8'));
}

/** The lines of a recording: of the shared one where it is there, else of its copy. */
export function readRecording<T>(name: string): T[] {
  return isSharedThere ? parseLines(readFileSync(new URL(name, shared), 'utf8')) : readCopy(name);
}
