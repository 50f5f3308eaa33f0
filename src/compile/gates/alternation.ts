/** PCRE2 refuses groups that are nested deeper than 250 (its compile-time default); no leaf needs a tenth of that. */
const maxNesting = 30;

/**
 * From this many words on, their shared beginning is written once, whatever its length: then the engine tries it
 * once.
 */
const worthTrying = 5;

/** The length of `(?:` and `)`. */
const groupBytes = 4;

interface Run {
  readonly words: readonly string[];
  readonly from: number;
  readonly to: number;
  /** So many characters of every word of the run are written already. */
  readonly at: number;
  readonly nesting: number;
}

function commonEnd(a: string, b: string, from: number): number {
  let at = from;
  while (at < a.length && a.charCodeAt(at) === b.charCodeAt(at)) at++;
  return at;
}

/** Returns where the words end that have the same character at `run.at` as the word at `from`. */
function sameCharacterEnd(run: Run, from: number): number {
  const first = run.words[from]?.charCodeAt(run.at);
  let end = from + 1;
  while (end < run.to && run.words[end]?.charCodeAt(run.at) === first) end++;
  return end;
}

/** Adds the words `from` to `to`, which begin alike; their shared beginning is written once where that helps. */
function pushAlike(branches: string[], run: Run, from: number, to: number): void {
  const { words, at, nesting } = run;
  const first = words[from] ?? '';
  const count = to - from;
  const shared = commonEnd(first, words[to - 1] ?? '', at);
  const saved = (count - 1) * (shared - at);
  if (count > 1 && nesting < maxNesting && (count >= worthTrying || saved > groupBytes)) {
    const rest = renderRun({ words, from, to, at: shared, nesting: nesting + 1 });
    branches.push(first.slice(at, shared) + rest);
    return;
  }
  for (let index = from; index < to; index++) branches.push((words[index] ?? '').slice(at));
}

function renderRun(run: Run): string {
  const branches: string[] = [];
  const endsHere = run.words[run.from]?.length === run.at;
  for (let from = endsHere ? run.from + 1 : run.from; from < run.to; ) {
    const to = sameCharacterEnd(run, from);
    pushAlike(branches, run, from, to);
    from = to;
  }
  if (endsHere) branches.push('');
  return toGroup(branches);
}

/** Returns the branches as one part of a pattern. */
export function toGroup(branches: readonly string[]): string {
  return branches.length === 1 ? (branches[0] ?? '') : `(?:${branches.join('|')})`;
}

/**
 * Returns a pattern for exactly these words, which are sorted and without duplicates. It has nested alternatives that share
 * their beginnings: the engine's PCRE2 runs without JIT, so many alternatives are slow and deep nesting is cheap
 * (Wazuh 4.14.7). The only character of the words with a meaning in PCRE2 is the dot, which the caller escapes afterwards.
 */
export function renderAlternation(words: readonly string[]): string {
  return renderRun({ words, from: 0, to: words.length, at: 0, nesting: 0 });
}
