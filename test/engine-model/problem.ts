/**
 * What the engine does about a problem (Wazuh 4.14.7): refuse the whole ruleset, drop the rule, take it all the same
 * with another meaning than its author's (`unsafe`), or what only the model cannot follow (`not-modelled`).
 */
export type Effect = 'refused' | 'dropped' | 'unsafe' | 'not-modelled';

/** Every way in which rules and decoders can be wrong, and what comes of it. */
const problemEffects = {
  'malformed-xml': 'refused',
  'text-too-long': 'refused',
  'blank-file': 'refused',
  'invalid-element': 'refused',
  'invalid-attribute': 'refused',
  'invalid-id': 'refused',
  'invalid-level': 'refused',
  'missing-description': 'refused',
  'missing-option': 'refused',
  'missing-history': 'refused',
  'invalid-pattern': 'refused',
  'pattern-too-large': 'refused',
  'unknown-decoder': 'refused',
  'unknown-lookup': 'refused',
  'unknown-category': 'refused',
  'unknown-option': 'refused',
  'invalid-decoder': 'refused',
  'invalid-address': 'refused',
  'undeclared-list': 'dropped',
  'unknown-parent': 'dropped',
  'unknown-group': 'dropped',
  'unknown-level': 'dropped',
  'duplicate-id': 'dropped',
  'invalid-parent': 'dropped',
  'option-too-long': 'unsafe',
  'unknown-value': 'unsafe',
  'empty-file': 'unsafe',
  'mixed-families': 'unsafe',
  'accidental-ipv4': 'unsafe',
  'unsure-lookup': 'unsafe',
  entity: 'unsafe',
  'markup-in-text': 'unsafe',
  'silent-level': 'unsafe',
  'list-read-twice': 'unsafe',
  'too-many-lists': 'unsafe',
  'some-parents-unknown': 'unsafe',
  'ignored-group': 'unsafe',
  'nothing-to-overwrite': 'unsafe',
  'parents-not-overwritten': 'unsafe',
  'unsupported-pattern': 'not-modelled',
} as const satisfies Record<string, Effect>;

export type ProblemCause = keyof typeof problemEffects;

export interface Problem {
  readonly cause: ProblemCause;
  /** Base name of the file. */
  readonly file: string;
  /** Counted from 1. */
  readonly line: number;
  readonly ruleId: number | null;
  readonly message: string;
}

export function effectOf(problem: Problem): Effect {
  return problemEffects[problem.cause];
}

export function formatProblem({ file, line, ruleId, message }: Problem): string {
  return `${file}:${line}: ${ruleId === null ? '' : `rule ${ruleId}: `}${message}`;
}

/** One file's collector. */
export type Report = (cause: ProblemCause, offset: number, message: string, ruleId?: number) => void;
