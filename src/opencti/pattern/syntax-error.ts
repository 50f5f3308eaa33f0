/** Leaves the parser from any depth; `readPattern` is the only one that catches it. */
export class PatternSyntaxError extends Error {}
