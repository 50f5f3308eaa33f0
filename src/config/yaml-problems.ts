import { type Document, type ErrorCode, isMap, type LineCounter, visit } from 'yaml';

/** In our own words: the parser's messages quote the text, and the token may stand in it. */
const sentences: Partial<Record<ErrorCode, string>> = {
  BAD_ALIAS: 'an alias (*) that names nothing; a text that begins with * needs quotes',
  BAD_DQ_ESCAPE: 'an escape (\\) that YAML does not know; single quotes take every character as it is',
  BAD_INDENT: 'the indentation fits to no section',
  BAD_SCALAR_START: 'a text that begins with a special character needs quotes',
  BLOCK_AS_IMPLICIT_KEY: 'a second ": " on the line; a text that holds it needs quotes',
  DUPLICATE_KEY: 'the key stands twice in its section',
  MISSING_CHAR: 'a quote, bracket or comma is missing',
  MULTIPLE_DOCS: 'a second document (---) begins',
  TAB_AS_INDENT: 'a tab indents the line; use blanks',
  UNEXPECTED_TOKEN: 'something stands where nothing belongs; a text with special characters needs quotes',
};

/** What keeps a text from being a configuration at all, one line a problem. */
export function problemsOfYaml(document: Document, lines: LineCounter): string[] {
  const at = (offset: number) => `line ${lines.linePos(offset).line}: `;
  if (document.errors.length > 0) {
    return document.errors.map(
      ({ pos, code }) => at(pos[0]) + (sentences[code] ?? `this is no YAML (${code})`),
    );
  }
  if (document.contents !== null && !isMap(document.contents)) {
    return ['line 1: the file is not a section with keys of its own'];
  }
  const problems: string[] = [];
  visit(document, {
    // Nothing here needs one, and aliases of aliases can grow without bound.
    Alias(_, { range }) {
      problems.push(
        `${at(range?.[0] ?? 0)}an alias (*); write the value itself, in quotes where it begins with *`,
      );
    },
  });
  return problems;
}
