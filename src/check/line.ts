/** What the doctor says of one thing. */
export interface CheckLine {
  /** `not-looked`: it is closed to this user, or the engine could not be asked: neither well nor wrong. */
  readonly state: 'ok' | 'warning' | 'problem' | 'not-looked';
  /** What was looked at, in a word or two: `docs/messages.md` explains each. */
  readonly subject: string;
  readonly text: string;
  /** What to do; null when all is well. */
  readonly next: string | null;
  /** The subject of another line that is the cause: when that is well, this one is. */
  readonly follows?: string;
}

export function ok(subject: string, text: string): CheckLine {
  return { state: 'ok', subject, text, next: null };
}

/** This user cannot see it. */
export function notLooked(subject: string, text: string): CheckLine {
  return { state: 'not-looked', subject, text, next: 'run opencti-wazuh check as root' };
}

/** It works, and there is something to know about it. */
export function warn(subject: string, text: string, next: string): CheckLine {
  return { state: 'warning', subject, text, next };
}

/** Something is not matched, not told or not safe. */
export function fail(subject: string, text: string, next: string): CheckLine {
  return { state: 'problem', subject, text, next };
}

/** The findings, or that there are none. */
export function orOk(findings: readonly CheckLine[], subject: string, text: string): readonly CheckLine[] {
  return findings.length > 0 ? findings : [ok(subject, text)];
}
