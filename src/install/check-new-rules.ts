import { join } from 'node:path';
import { KnownError } from '../errors.ts';
import type { Change, Machine } from './machine.ts';
import { findNewProblems, type SiteFiles } from './site-rules.ts';

/**
 * A rule of the site that hangs under an old one would lose its parent, say.
 * @param rules those of the site that stay. @throws KnownError (exit code 2) that names them.
 */
export function checkNewRules(
  site: SiteFiles,
  rules: SiteFiles['rules'],
  detection: readonly Change[],
  { home }: Machine,
): void {
  const added = (part: string) =>
    detection.flatMap(({ path, to }) =>
      to.kind === 'file' && path.startsWith(join(home, 'etc', part, '/'))
        ? [{ name: path, text: to.bytes.toString(), ours: true }]
        : [],
    );
  const after = {
    rules: [...rules, ...added('rules')],
    decoders: [...site.decoders, ...added('decoders')],
  };
  const problems = findNewProblems(site, after);
  if (problems.length === 0) return;
  const lines = problems.slice(0, 10).map((problem) => `  ${problem}`);
  throw new KnownError(
    ['the rules of this manager would not load as they do now: nothing was changed', ...lines].join('\n'),
    {
      exitCode: 2,
    },
  );
}
