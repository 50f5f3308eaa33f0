import type { Spelling } from './field.ts';

/** How a field holds a name: see `Spelling`. */
export type NameStyle = Extract<Spelling, 'name' | 'url-host' | 'name-in-array'>;

export interface NameStyleParts {
  /** Before a name that matches with its subdomains. */
  readonly wide: string;
  /** Before a name that matches alone. */
  readonly exact: string;
  /** After a name. A program that asks with a dot at the end asks for the same name. */
  readonly end: string;
  /** The characters that come right before a name, in a class of PCRE2; the beginning of the text is one in any case. */
  readonly before: string;
  /** The characters that end the last label of a name, in a class of PCRE2. */
  readonly stops: string;
}

const urlStart = '^(?:[a-z][a-z0-9+.-]*://)?(?:[^/@?#]*@)?';

/** Parts of PCRE2 patterns, without `$` but at the end of a text: see `Gate.pattern`. */
export const nameStyles = {
  name: { wide: '(?:^|\\.)', exact: '^', end: '\\.?$', before: '.', stops: '.' },
  // `http://host/path`, `host:443`, `user@host`: the end of the text, or one of the characters that end a host. What comes
  // before an `@` is a user, perhaps with a password after a colon.
  'url-host': {
    wide: `${urlStart}(?:[^/@?#:]*\\.)?`,
    exact: urlStart,
    end: '\\.?(?![^:/?#])(?![^/?#]*@)',
    before: '.@/',
    stops: '.:/?#',
  },
  // Suricata 8 writes `"dns":{"queries":[{"rrname":"..."}]}`, and the engine prints the array as JSON (Wazuh 4.14.7).
  'name-in-array': {
    wide: '"rrname":\\s*"(?:[^"]*\\.)?',
    exact: '"rrname":\\s*"',
    end: '\\.?"',
    before: '."',
    stops: '."',
  },
} as const satisfies Record<NameStyle, NameStyleParts>;

/** Of a field that holds names; every other spelling is that of a name by itself. */
export function toNameStyle(spelling: Spelling): NameStyle {
  return spelling === 'url-host' || spelling === 'name-in-array' ? spelling : 'name';
}
