/** A log line cut into what the engine cuts off before it looks for a decoder. */
export interface LogLine {
  readonly programName?: string;
  readonly hostname?: string;
  /** What decoders and rules look at. */
  readonly log: string;
}

/** Characters at places of a time stamp. */
type Places = Readonly<Record<number, string>>;

/** A form of time stamp. It is recognised by some of its characters alone, in a line with more than so many. */
interface TimeForm {
  readonly longer: number;
  readonly places: Places;
  readonly startsWithDigit?: boolean;
  /** Where the log begins. */
  readonly length: (line: string) => number | null;
}

const isoDay: Places = { 4: '-', 7: '-' };
const clock: Places = { 13: ':', 16: ':' };

/** In the engine's order, after `analysisd/cleanevent.c` of Wazuh 4.14.7; those of syslog, which have a program. */
const timeForms: readonly TimeForm[] = [
  // Nov 20 10:00:00
  { longer: 17, places: { 3: ' ', 6: ' ', 9: ':', 12: ':', 15: ' ' }, length: () => 16 },
  // 2015-04-16 21:51:02,805
  { longer: 24, places: { ...isoDay, 10: ' ', ...clock, 19: ',' }, length: () => 24 },
  { longer: 33, places: { ...isoDay, 10: 'T', ...clock }, length: isoLength },
  // 2015 Dec 29 10:00:01
  {
    longer: 21,
    places: { 4: ' ', 8: ' ', 11: ' ', 14: ':', 17: ':', 20: ' ' },
    startsWithDigit: true,
    length: () => 21,
  },
  // 2021-04-21 10:16:09.404756-0700
  {
    longer: 33,
    places: { ...isoDay, 10: ' ', ...clock, 19: '.', 31: ' ' },
    startsWithDigit: true,
    length: (line) => (/[-+]/.test(line[26] ?? '') ? 32 : null),
  },
];

/**
 * Without a fraction the zone has to be written out; after a fraction the log begins at a fixed place, whatever
 * is there: a time that ends in `Z` takes a part of the host name with it.
 */
function isoLength(line: string): number | null {
  if (line[22] === ':' && line[25] === ' ') return 26;
  if (line[19] !== '.') return null;
  if (line[26] === ':') return 30;
  return line[29] === ':' ? 33 : 32;
}

function findLog(line: string): number | null {
  // The engine counts the end of the line too.
  const length = Buffer.byteLength(line) + 1;
  for (const { longer, places, startsWithDigit = false, length: toLength } of timeForms) {
    if (length <= longer || (startsWithDigit && !/^\d/.test(line))) continue;
    if (!Object.entries(places).every(([at, character]) => line[Number(at)] === character)) continue;
    const start = toLength(line);
    if (start !== null) return line[start] === ' ' ? start + 1 : start;
  }
  return null;
}

const word = '[\\w.@/()-]+';
/** A line of Solaris has no host name. Where a time stamp took the name with it, the program is the empty text. */
const withoutHost = /^([\w.@/()-]*): /;
const host = new RegExp(`^(${word}) `);
const program = new RegExp(`^(${word})(?:\\[\\d+\\])?(?:: ?|(?<=\\]) )`);
const messageId = /^\[ID [^\]]*\] /;

/** Takes time stamp, host name and program name off a line of syslog; any other line stays whole. */
export function predecode(line: string): LogLine {
  const start = findLog(line);
  if (start === null) return { log: line };
  const rest = line.slice(start);
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
