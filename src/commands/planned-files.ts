import type { Plan } from '../compile/plan.ts';
import type { PlannedFile } from '../files/write.ts';

/** For a person; the manager has no such file. */
export const snippetPath = 'ossec.conf.snippet';

/** The files of a plan, below an export's folder. */
export function* toPlannedFiles({ lists, networkMap, ruleFiles, snippet }: Plan): Generator<PlannedFile> {
  for (const { name, lines } of [...lists, networkMap]) yield { path: `lists/${name}`, lines };
  for (const { path, text } of ruleFiles) yield { path, lines: toLines(text) };
  yield { path: snippetPath, lines: toLines(snippet) };
}

function toLines(text: string): string[] {
  return text.replace(/\n$/, '').split('\n');
}
