/** A log line cut into what the engine cuts off before it looks for a decoder. */
export interface LogLine {
  readonly programName?: string;
  readonly hostname?: string;
  /** What decoders and rules look at. */
  readonly log: string;
}

/** `Nov 20 10:00:00 `, or an ISO time. The engine knows more forms; these are the ones that syslog daemons write. */
const timestamp =
  /^(?:[A-Z][a-z]{2} [ \d]\d \d{2}:\d{2}:\d{2} |\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(?:\.\d{3,6})?(?:[+-]\d{2}:\d{2}|Z) ) ?/;
const word = '[\\w.@/()-]+';
/** A line of Solaris has no host name. */
const withoutHost = new RegExp(`^(${word}): `);
const host = new RegExp(`^(${word}) `);
const program = new RegExp(`^(${word})(?:\\[\\d+\\])?(?:: ?|(?<=\\]) )`);
const messageId = /^\[ID [^\]]*\] /;

/** Takes time stamp, host name and program name off a line of syslog; any other line stays whole. */
export function predecode(line: string): LogLine {
  const time = timestamp.exec(line);
  if (!time) return { log: line };
  const rest = line.slice(time[0].length);
  const hostless = withoutHost.exec(rest);
  if (hostless) return { programName: hostless[1] ?? '', log: rest.slice(hostless[0].length) };
  const named = host.exec(rest);
  if (!named) return { log: rest };
  const hostname = named[1] ?? '';
  const behind = rest.slice(named[0].length);
  const tag = program.exec(behind);
  if (!tag) return { hostname, log: behind };
  return { hostname, programName: tag[1] ?? '', log: behind.slice(tag[0].length).replace(messageId, '') };
}
