/**
 * Objects as the embedded server stores them. Fields have OpenCTI's own names; references to labels,
 * markings, authors and indicators are internal ids.
 */
export const graphqlTypes = {
  StixFile: 'StixFile',
  Artifact: 'Artifact',
  'IPv4-Addr': 'IPv4Addr',
  'IPv6-Addr': 'IPv6Addr',
  'Domain-Name': 'DomainName',
  Hostname: 'Hostname',
  Url: 'Url',
  'Email-Addr': 'EmailAddr',
  'Mac-Addr': 'MacAddr',
} as const;

export type ObservableEntityType = keyof typeof graphqlTypes;

export interface StoredHash {
  readonly algorithm: string;
  readonly hash: string | null;
}

interface StoredFile {
  readonly id: string;
  readonly name: string;
  readonly size: number | null;
  readonly metaData: { readonly mimetype: string | null; readonly version: string | null } | null;
}

/** Times are ISO 8601 in UTC with milliseconds, as OpenCTI writes them. */
interface StoredStix {
  readonly id: string;
  readonly standard_id: string;
  readonly created_at: string;
  readonly updated_at: string;
}

export interface StoredExternalReference extends StoredStix {
  readonly source_name: string;
  readonly description: string | null;
  readonly url: string | null;
  readonly hash: string | null;
  readonly external_id: string | null;
  readonly created: string;
  readonly modified: string;
  readonly importFiles: readonly StoredFile[];
}

interface StoredCore extends StoredStix {
  readonly entity_type: string;
  readonly createdBy: string | null;
  readonly objectMarking: readonly string[];
  readonly objectLabel: readonly string[];
  readonly externalReferences: readonly StoredExternalReference[];
  readonly importFiles: readonly StoredFile[];
  readonly x_opencti_score: number | null;
}

export interface StoredObservable extends StoredCore {
  readonly entity_type: ObservableEntityType;
  readonly x_opencti_description: string | null;
  /** Ids of the indicators that are based on it. */
  readonly indicators: readonly string[];
  /** Of every type but the files. */
  readonly value?: string;
  /** Of StixFile and Artifact. */
  readonly hashes?: readonly StoredHash[];
  readonly name?: string | null;
  readonly size?: number | null;
  readonly mime_type?: string | null;
  readonly x_opencti_additional_names?: readonly string[] | null;
}

export interface StoredIndicator extends StoredCore {
  readonly entity_type: 'Indicator';
  readonly name: string;
  readonly description: string | null;
  readonly pattern: string;
  readonly pattern_type: string;
  readonly revoked: boolean;
  readonly valid_from: string | null;
  readonly valid_until: string | null;
  readonly x_opencti_detection: boolean;
  readonly x_opencti_main_observable_type: string | null;
  readonly confidence: number | null;
  readonly indicator_types: readonly string[];
  readonly created: string;
  readonly modified: string;
}

export type StoredObject = StoredObservable | StoredIndicator;

export interface StoredLabel extends StoredStix {
  readonly value: string;
  readonly color: string;
}

export interface StoredMarking extends StoredStix {
  readonly definition_type: string;
  readonly definition: string;
  readonly created: string;
  readonly modified: string;
  readonly x_opencti_order: number;
  readonly x_opencti_color: string;
}

export interface StoredIdentity extends StoredStix {
  readonly entity_type: 'Organization' | 'Individual' | 'System' | 'Sector';
  readonly identity_class: string;
  readonly name: string;
  readonly description: string | null;
  readonly created: string;
  readonly modified: string;
}
