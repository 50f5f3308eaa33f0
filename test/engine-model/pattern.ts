import { compileOsMatch, compileOsRegex } from '../../src/wazuh/os-pattern.ts';
import { compilePcre2, UnsupportedPatternError } from './pcre2.ts';

export type PatternType = 'osmatch' | 'osregex' | 'pcre2' | 'string';

export interface Match {
  /** Where the match ends in the value. OSMatch and plain strings match the value as a whole. */
  readonly end: number;
  readonly captures: readonly string[];
}

export type Compiled = (value: string) => Match | null;

/** What became of compiling: `refused` by the engine, or only `unsupported` by the model. */
type Compilation =
  | { readonly state: 'ready'; readonly match: Compiled }
  | { readonly state: 'refused' | 'unsupported'; readonly reason: string };

export interface Pattern {
  readonly type: PatternType;
  readonly text: string;
  readonly negate: boolean;
  /** Compiled when first asked: a tree holds megabytes of patterns, an event meets a few. */
  readonly compile: () => Compilation;
}

const compilers = {
  osmatch: (text) => {
    const test = compileOsMatch(text);
    return (value) => (test(value) ? { end: value.length, captures: [] } : null);
  },
  osregex: compileOsRegex,
  pcre2: compilePcre2,
  string: (text) => (value) => (value === text ? { end: value.length, captures: [] } : null),
} as const satisfies Record<PatternType, (text: string) => Compiled>;

function compile(type: PatternType, text: string): Compilation {
  try {
    return { state: 'ready', match: compilers[type](text) };
  } catch (error) {
    if (error instanceof UnsupportedPatternError) return { state: 'unsupported', reason: error.message };
    if (error instanceof SyntaxError) return { state: 'refused', reason: error.message };
    throw error;
  }
}

export function toPattern(type: PatternType, text: string, negate = false): Pattern {
  let compilation: Compilation | undefined;
  return {
    type,
    text,
    negate,
    compile: () => {
      compilation ??= compile(type, text);
      return compilation;
    },
  };
}

/** Whether the condition holds for a value that is there; undefined when the model cannot run the pattern. */
export function holds(pattern: Pattern, value: string): boolean | undefined {
  const compilation = pattern.compile();
  if (compilation.state !== 'ready') return undefined;
  return (compilation.match(value) !== null) !== pattern.negate;
}
