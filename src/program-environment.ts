/** What of the environment a program of the machine may need: its language, and the time zone of its log. */
const passedOn = ['LANG', 'LC_ALL', 'TZ'] as const;

/**
 * The environment of a program that this tool starts: where programs are, and nothing that a person has exported. A
 * restarted manager keeps what it was given, each daemon hands it on to every script, and whoever may read
 * `/proc/<pid>/environ` reads it: an API token has no business there (Wazuh 4.14.7).
 */
export function toProgramEnvironment(): Record<string, string> {
  const known = passedOn.flatMap((name) => {
    const value = process.env[name];
    return value ? [[name, value] as const] : [];
  });
  return {
    PATH: '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin',
    ...Object.fromEntries(known),
  };
}
