import type { CheckLine } from './line.ts';

/** Lines of a subject whose text has something in it. */
type Pattern = readonly [subject: string, text: RegExp];

interface Cause {
  readonly of: Pattern;
  /** What is well again when the cause is. */
  readonly following: readonly Pattern[];
}

const any = /^/;

/** One cause makes many lines not well, and what each of them says to do would not help. In the order of the checks. */
const causes: readonly Cause[] = [
  { of: ['token', /^no token is set$/], following: [['OpenCTI', /^the token of OpenCTI is not set/]] },
  { of: ['token', /cannot be read/], following: [['schedule', /cannot run the tool/]] },
  { of: ['files', /is closed to/], following: [['schedule', /cannot run the tool/]] },
  {
    of: ['folders', any],
    following: [
      ['lists', /was not compiled|\.cdb has/],
      ['schedule', /cannot run the tool/],
    ],
  },
  {
    of: ['engine', /does not run/],
    following: [['integratord', /does not run/]],
  },
  {
    of: ['ossec.conf', /the engine cannot read it|has lost|does not declare/],
    following: [
      ['ossec.conf', /^the engine refuses it/],
      ['lists', /was not compiled|\.cdb has/],
      // A gate that is dropped takes along what hangs below it.
      ['rules', /^the engine (?:leaves out|does not load)/],
      ['integration', /has no <integration>/],
      ['integratord', any],
      ['schedule', /how old the lists are/],
    ],
  },
  { of: ['lists', /cannot be read by the engine/], following: [['lists', /was not compiled|\.cdb has/]] },
  { of: ['integration', /has no <integration>/], following: [['integratord', any]] },
  { of: ['Node', any], following: [['schedule', /cannot run/]] },
];

/** Gives each line, in its order, what it follows from: lines that came before and are not well decide. */
export function createFollowing(): (line: CheckLine) => CheckLine {
  const seen: CheckLine[] = [];
  return (line) => {
    const isBad = line.state === 'problem' || line.state === 'warning';
    const cause = isBad
      ? causes.find(
          ({ of, following }) =>
            following.some((pattern) => isOf(line, pattern)) && seen.some((each) => isOf(each, of)),
        )
      : undefined;
    if (cause !== undefined) return { ...line, follows: cause.of[0] };
    if (isBad) seen.push(line);
    return line;
  };
}

function isOf({ subject, text }: CheckLine, [wanted, pattern]: Pattern): boolean {
  return subject === wanted && pattern.test(text);
}
