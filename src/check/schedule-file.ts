/** What a file of a scheduler says of the run of `refresh`. */
export interface ScheduledRun {
  readonly user: string;
  /** Null: none is set. */
  readonly home: string | null;
  /** The program and what stands before `refresh`. */
  readonly words: readonly string[];
}

const cronTime = String.raw`(?:@\w+|\S+(?:\s+\S+){4})`;
const cronLine = new RegExp(String.raw`^\s*(?!#)${cronTime}\s+(\S+)\s+(.+?)\s+refresh(?:\s|$)`);

/** Null: no line runs it. */
export function parseCron(text: string): ScheduledRun | null {
  // What stands behind the last line end is no line for cron.
  const lines = text.split('\n').slice(0, -1);
  const [, user, command] = lines.map((line) => cronLine.exec(line)).find((match) => match !== null) ?? [];
  if (user === undefined || command === undefined) return null;
  const home = lastValue(lines, /^\s*WAZUH_HOME\s*=\s*(.*)$/);
  // Cron reads a bare % as a line break, before the shell reads any quote.
  return { user, home, words: toWords(command.replaceAll('\\%', '%')) };
}

/** Of a service of systemd; null: it runs no `refresh`. */
export function parseService(text: string): ScheduledRun | null {
  const lines = text.split('\n');
  const command = lastValue(lines, /^ExecStart=(.+?)\s+refresh(?:\s|$)/);
  if (command === null) return null;
  const user = lastValue(lines, /^User=(.*)$/) ?? 'root';
  const home = lastValue(lines, /^Environment=WAZUH_HOME=(.*)$/);
  return { user, home, words: toWords(command.replaceAll('%%', '%')) };
}

function lastValue(lines: readonly string[], pattern: RegExp): string | null {
  const values = lines.flatMap((line) => pattern.exec(line)?.[1] ?? []);
  return (
    values
      .at(-1)
      ?.trim()
      .replace(/^(["'])(.*)\1$/, '$2') ?? null
  );
}

/** A quote inside of a quoted path is written as the shell has it, `'\''`. */
function toWords(command: string): string[] {
  const words = command.match(/(?:'[^']*'|\\.|[^\s'\\])+/g) ?? [];
  return words.map((word) => word.replace(/'([^']*)'|\\(.)/g, '$1$2'));
}
