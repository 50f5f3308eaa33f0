/** Lower-cases ASCII only: the engine folds bytes. */
function foldCase(text: string): string {
  return text.replace(/[A-Z]+/g, (letters) => letters.toLowerCase());
}

type Test = (value: string) => boolean;

function toTest(alternative: string): Test {
  const begins = alternative.startsWith('^');
  const ends = alternative.endsWith('$');
  const word = alternative.slice(begins ? 1 : 0, ends ? -1 : undefined);
  if (begins && ends) return (value) => value === word;
  if (begins) return (value) => value.startsWith(word);
  if (ends) return (value) => value.endsWith(word);
  return (value) => value.includes(word);
}

/**
 * OSMatch, the language of `<match>` and `check_value`: substrings without case, `|` for or, `^` and `$` at the ends
 * of an alternative, a leading `!` for not. `^` alone accepts every value.
 */
export function compileOsMatch(pattern: string): Test {
  const negate = pattern.startsWith('!');
  const tests = foldCase(negate ? pattern.slice(1) : pattern)
    .split('|')
    .map(toTest);
  return (value) => {
    const folded = foldCase(value);
    return tests.some((test) => test(folded)) !== negate;
  };
}

/**
 * How `if_group` finds its parents among the groups of a rule: a substring without case, `|` for or, `^` at the start
 * of an alternative. So `sysmon_event_2` also finds `sysmon_event_22`, and one that ends with `|` finds every rule.
 */
export function matchesGroups(pattern: string, groups: string): boolean {
  if (pattern.endsWith('|')) return true;
  const folded = foldCase(groups);
  return foldCase(pattern)
    .split('|')
    .some((word) => {
      if (word === '') return false;
      return word.startsWith('^') ? folded.startsWith(word.slice(1)) : folded.includes(word);
    });
}
