/** A text or value that is not compiled, and why. */
export interface Skip {
  readonly skip: SkipReason;
}

export function skip(reason: SkipReason): Skip {
  return { skip: reason };
}

export function isSkip(result: object): result is Skip {
  return 'skip' in result;
}

interface SkipText {
  /** The reason in one sentence. */
  readonly why: string;
  /** What an analyst can do to have the value in the lists, or why nothing should be done. */
  readonly what: string;
}

/**
 * The closed set of reasons why a value is not compiled, for the analyst. A reason is never renamed: manifests and
 * dashboards have them. A section of `docs/messages.md` is generated from this table.
 */
export const skipReasons = {
  'malformed-hash': {
    why: 'The text is not a hexadecimal hash, or its length is that of no algorithm that is looked up.',
    what: 'Correct the hash in OpenCTI.',
  },
  'malformed-address': {
    why: 'The text is not an IP address, or it carries a port, a zone or a path.',
    what: 'Correct the address in OpenCTI; a port or a path belongs into a URL or network traffic object.',
  },
  'malformed-name': {
    why: 'The text is no host name: it is too long, or it has a port, a path, a wildcard within, a blank, a quote or the like.',
    what: 'Correct the name in OpenCTI; no wildcard is needed, since subdomains are matched anyway.',
  },
  'special-use-name': {
    why: 'The name is set apart by the special-use registry of IANA, such as ".local", ".internal" or "example.com".',
    what: "Nothing: it is no name of the internet, and would match the site's own queries.",
  },
  'single-label': {
    why: 'The name has one label only, such as "localhost".',
    what: 'Nothing, unless it is a machine of yours: write its full name.',
  },
  'public-suffix': {
    why: 'The name is a public suffix, such as "co.uk": every name below it would be meant.',
    what: 'Nothing: name the domains below it that are meant.',
  },
  'name-is-address': {
    why: 'The name is an IP address; name lookups never see it.',
    what: 'Enter it in OpenCTI as IPv4-Addr or IPv6-Addr.',
  },
  'not-global': {
    why: 'The address is not globally reachable by the special-purpose registries of IANA.',
    what: "Nothing: it would match the site's own traffic. Remove it from the feed that brings it.",
  },
  multicast: {
    why: 'The address is a multicast address.',
    what: "Nothing: it would match the site's own traffic. Remove it from the feed that brings it.",
  },
  'platform-address': {
    why: 'The address belongs to the platform of a cloud: each machine there talks to it (168.63.129.16 in Azure, say).',
    what: "Nothing: it would match the site's own traffic. Remove it from the feed that brings it.",
  },
  'empty-file': {
    why: 'The hash is that of the empty file.',
    what: 'Nothing: every empty file has it. Remove it from the feed that brings it.',
  },
  'placeholder-hash': {
    why: 'Every digit of the hash is the same, as in 000...: it was written where a hash was not known.',
    what: 'Correct the object: it would tie together all files that have the same placeholder.',
  },
  network: {
    why: 'The value is a network; only gates match networks, and they are off (gates.cidr).',
    what: 'Set gates.cidr to on.',
  },
  'network-too-large': {
    why: 'The network has more addresses than select.cidr_max_addresses, or its prefix is shorter than /8.',
    what: 'Raise select.cidr_max_addresses, or enter the parts of the network that are meant.',
  },
  'malformed-id': {
    why: 'OpenCTI gave the object an id that no object has: it is longer than 64 characters, or has others than letters, digits, - and _.',
    what: 'Find out what answers in the place of OpenCTI: its ids are UUIDs. Nothing of the object is used.',
  },
  'unused-algorithm': {
    why: 'No looked-up event field carries this hash algorithm.',
    what: 'Add the SHA-256, SHA-1 or MD5 of the file to the same object.',
  },
  'unused-object': {
    why: 'The pattern compares an object or property that no looked-up event field carries.',
    what: 'Nothing: no event of the documented table can show it.',
  },
  'pattern-type': {
    why: 'The pattern is not of type STIX.',
    what: 'Nothing: rules of other engines run in those engines.',
  },
  'pattern-syntax': {
    why: 'The STIX pattern cannot be parsed.',
    what: 'Correct the pattern in OpenCTI.',
  },
  'pattern-operator': {
    why: 'The comparison is not an equality.',
    what: 'Write the values that are meant, each with =, joined by OR.',
  },
  'pattern-literal': {
    why: 'The comparison is with something other than a text.',
    what: 'Put the value into single quotes.',
  },
  'pattern-negated': {
    why: 'The comparison is negated.',
    what: 'Nothing: what an event must not have cannot be in a list.',
  },
  'pattern-and': {
    why: 'The comparison holds only together with others.',
    what: 'If each part suffices alone, join them by OR.',
  },
  'pattern-sequence': {
    why: 'The observation counts only together with or after others.',
    what: 'If each observation suffices alone, join them by OR.',
  },
  'pattern-qualifier': {
    why: 'The observation is bound to a time or a number of repetitions.',
    what: 'Take the qualifier away if one sighting suffices; valid_from and valid_until bound an indicator in time.',
  },
  revoked: {
    why: 'Every indicator of the value is dead, at least one of them because it was revoked.',
    what: 'If it is a threat again, make a new indicator or take the revocation back.',
  },
  expired: {
    why: 'No indicator of the value is valid now: its time is over or has not begun.',
    what: 'Extend valid_until of the indicator, or set select.indicators.grace.',
  },
  'no-score': {
    why: 'The object that decides has no score.',
    what: 'Give the object a score in OpenCTI, or set select.min_score to 0 and give the feed a default score.',
  },
  'low-score': {
    why: 'The score of the object that decides is below the minimum.',
    what: 'Raise its score in OpenCTI, or lower select.min_score.',
  },
  'barred-label': {
    why: 'An object of the value carries a label of select.labels.none.',
    what: 'Take the label from the object, or from select.labels.none.',
  },
  'no-detection': {
    why: 'Every indicator of the value that is alive has its detection flag off.',
    what: 'Switch detection on for the indicator, or select.indicators.detection off.',
  },
  'low-confidence': {
    why: 'Every indicator of the value that is alive is below select.indicators.min_confidence.',
    what: 'Raise the confidence of the indicator, or lower the minimum.',
  },
  'filtered-label': {
    why: 'No object of the value has a label that is asked for.',
    what: 'Label the object, or widen select.labels.any.',
  },
  'filtered-marking': {
    why: 'Each object of the value has a marking that is not asked for, one above the TLP ceiling, say.',
    what: 'Change the marking, or widen select.markings.',
  },
  'filtered-author': {
    why: 'No object of the value is of an author that is asked for.',
    what: 'Widen select.authors, if that source is to be trusted.',
  },
  'filtered-age': {
    why: 'Each object of the value is older than asked for.',
    what: 'Widen select.created_within or select.updated_within.',
  },
  'no-indicator': {
    why: 'Only observables have the value, and select.observables.when asks for an indicator.',
    what: 'Make an indicator of the observable, or set select.observables.when to any.',
  },
  'filtered-kind': {
    why: 'The kind of the value is not among select.kinds.',
    what: 'Add the kind to select.kinds.',
  },
  allowed: {
    why: 'An allow file of the site has the value, or a part of the network.',
    what: 'Take the line out of the file, if the value is to match again; explain says which line.',
  },
  'warning-list': {
    why: 'A warning list has the value, or a part of the network: it is known to be harmless or shared by many.',
    what: 'Take the list out of select.warning_lists, if its values are to match; explain says which list.',
  },
} as const satisfies Record<string, SkipText>;

export type SkipReason = keyof typeof skipReasons;

/** The reasons that a filter of objects gives. */
export type FilterReason = Extract<SkipReason, `filtered-${'label' | 'marking' | 'author' | 'age'}`>;
