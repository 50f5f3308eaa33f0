import { readAlerts } from '../support/sample-events.ts';

/** A JSON object of an alert. */
type Json = Readonly<Record<string, unknown>>;

const samples = readAlerts();

/** The samples, and made from them an alert of each row of the documented table that they lack. */
export function listRowAlerts(): Map<string, Json> {
  const made: (readonly [string, Json])[] = [
    ...[26, 27, 28, 29].map((event) => [`sysmon${event}-made`, toSysmon(event)] as const),
    ...[1, 23].map((event) => [`linux-sysmon${event}-made`, toLinux(event)] as const),
    ...['added', 'modified', 'deleted'].flatMap((kind) =>
      ['sha1', 'md5'].map((hash) => [`syscheck-${kind}-${hash}-made`, toFim(kind, hash)] as const),
    ),
  ];
  return new Map([...(samples as Map<string, Json>), ...made]);
}

function sample(name: string): Json {
  return structuredClone(samples.get(name)) as Json;
}

function toSysmon(event: number): Json {
  const text = JSON.stringify(sample('sysmon23-composite'));
  return JSON.parse(text.replace('"eventID":"23"', `"eventID":"${event}"`));
}

/** As our decoder cuts the hashes out of `Hashes` into the fields of FIM. */
function toLinux(event: number): Json {
  const [sha256, sha1, md5] = hashes;
  return {
    ...sample('linux-sysmon3-documented-field'),
    decoder: { name: 'opencti-sysmon-linux' },
    data: {
      system: { eventId: String(event) },
      eventdata: { image: '/usr/bin/curl', user: 'root', hashes: `SHA1=${sha1},MD5=${md5},SHA256=${sha256}` },
      sha256,
      sha1,
      md5,
    },
  };
}

const hashes = [
  '3802e1848c0fa4b4b408be34c6a4c9a799f9a37b29d6bd3dbd3bd7760747a8a6',
  '3f249cbadc8de47ddd960a77ec71a5c92da82de2',
  'e65487f5f65bca9e283dd3aabd817dc0',
] as const;

/** A database of files that keeps one algorithm only. */
function toFim(kind: string, kept: string): Json {
  const alert = sample(`syscheck-${kind}`);
  const fields = Object.entries(alert.syscheck as Json).filter(
    ([name]) => !/^(?:sha256|sha1|md5)_/.test(name) || name.startsWith(kept),
  );
  return { ...alert, syscheck: Object.fromEntries(fields) };
}

/** An alert of a DNS query. */
export function toQuery(queryName: string): Json {
  const text = JSON.stringify(sample('sysmon22-answer'));
  return JSON.parse(text.replaceAll('sazoya.com', queryName));
}
