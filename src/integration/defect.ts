/** What a person can report of an error that nobody expected. Its own message may quote anything, so it stays out. */
export function describeDefect(error: unknown): string {
  const name = error instanceof Error ? error.name : typeof error;
  return `a defect of custom-opencti: ${name}${error instanceof Error ? placeOf(error) : ''}; please report it`;
}

/** ` at custom-opencti.cjs:3221:45` */
function placeOf({ stack = '' }: Error): string {
  const place = /^\s+at .*?([^/(\s]+:\d+:\d+)\)?$/m.exec(stack)?.[1];
  return place === undefined ? '' : ` at ${place}`;
}
