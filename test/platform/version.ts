/** What differs between OpenCTI releases, as far as this tool meets it. */
export interface VersionTraits {
  /** Labels and markings are `edges { node }`; plain lists from 5.12.24 on. */
  readonly connectionLists: boolean;
  /** `Filter.values` is `[String!]!`; `[Any!]!` from 5.12.16 on. */
  readonly stringFilterValues: boolean;
  /** A `first` above the platform's maximum is cut silently, from 5.12.10 on. */
  readonly clampsPages: boolean;
  /** A document calls one root field at most twice, from 6.1 on. */
  readonly limitsRootFields: boolean;
  /** `about` needs a valid token: not in 6.0.0, seen in 6.4.11. */
  readonly guardsAbout: boolean;
  /** A token works only for a user with the capability APIACCESS_USETOKEN, from 7 on. */
  readonly needsTokenCapability: boolean;
}

type Release = readonly [major: number, minor: number, patch: number];

/** `version` as `about.version` spells it: `5.12.33`, `7.260309.0-lts.2`. */
export function toVersionTraits(version: string): VersionTraits {
  const release = parseRelease(version);
  return {
    connectionLists: isBefore(release, [5, 12, 24]),
    stringFilterValues: isBefore(release, [5, 12, 16]),
    clampsPages: !isBefore(release, [5, 12, 10]),
    limitsRootFields: !isBefore(release, [6, 1, 0]),
    guardsAbout: !isBefore(release, [6, 4, 0]),
    needsTokenCapability: !isBefore(release, [7, 0, 0]),
  };
}

function parseRelease(version: string): Release {
  const [major = 0, minor = 0, patch = 0] = version.split(/[.-]/, 3).map(Number);
  return [major, minor, patch];
}

function isBefore(a: Release, b: Release): boolean {
  const difference = a[0] - b[0] || a[1] - b[1] || a[2] - b[2];
  return difference < 0;
}
