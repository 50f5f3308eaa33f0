import {
  type EventField,
  type FieldEvent,
  type RootKey,
  type SourceName,
  sources,
} from '../../wazuh/fields.ts';
import { templates } from '../../wazuh/site-rules.ts';
import type { Mark, Sample } from './sample.ts';
import { toLogMessage } from './samples-lines.ts';

/** A part of a log in JSON. */
interface Part {
  readonly [key: string]: Json;
}
type Json = string | number | boolean | Part | readonly Json[];

interface Form {
  readonly log?: string;
  readonly root?: RootKey;
  readonly base: Part;
  /** The way to the field. Default: the name that rules use, cut at its dots. */
  readonly path?: readonly string[];
  /** Default: the text itself. */
  readonly toValue?: (text: string) => Json;
}

function toSample({ ruleField }: EventField, { source }: FieldEvent, form: Form): Sample {
  const { log = sources[source].title, root = null, base, path = ruleField.split('.'), toValue } = form;
  const write = (text: string, { token }: Mark) =>
    toLogMessage(token, JSON.stringify(put(base, path, toValue?.(text) ?? text)));
  return { log, root, takes: () => true, write };
}

/** The same with a value at the end of a way, which is laid where it is missing. */
function put(part: Part, [key = '', ...rest]: readonly string[], value: Json): Part {
  if (rest.length === 0) return { ...part, [key]: value };
  const inner = part[key];
  const next = typeof inner === 'object' && !Array.isArray(inner) ? (inner as Part) : {};
  return { ...part, [key]: put(next, rest, value) };
}

function find<T>(forms: Readonly<Record<string, T>>, { source, row }: FieldEvent): T {
  const form = forms[row];
  if (form === undefined) throw new Error(`no sample of ${source}, ${row}`);
  return form;
}

const suricataTypes: Readonly<Record<string, string>> = {
  alert_destination: 'alert',
  alert_source: 'alert',
  flow_destination: 'flow',
  flow_source: 'flow',
  dns: 'dns',
  http: 'http',
  tls: 'tls',
  file: 'fileinfo',
};

export function writeSuricata(field: EventField, event: FieldEvent): Sample[] {
  const type = find(suricataTypes, event);
  const base = {
    timestamp: '2026-01-01T00:00:00.000000+0000',
    flow_id: 4,
    in_iface: 'opencti-selftest',
    event_type: type,
    src_ip: '192.0.2.1',
    src_port: 4,
    dest_ip: '192.0.2.1',
    dest_port: 443,
    proto: 'TCP',
  };
  const root = field.key === 'src_ip' ? ({ root: 'suricata_address' } as const) : {};
  // DNS version 3.
  const array = { toValue: (name: string) => [{ rrname: name, rrtype: 'A' }] };
  const isArray = field.spelling === 'name-in-array';
  return [toSample(field, event, { log: `Suricata ${type}`, base, ...root, ...(isArray && array) })];
}

const awsForms: Readonly<Partial<Record<SourceName, Readonly<Record<string, Part>>>>> = {
  aws_cloudtrail: {
    call: { source: 'cloudtrail', eventSource: 'signin.amazonaws.com', eventName: 'ConsoleLogin' },
  },
  aws_guardduty: {
    connection: { source: 'guardduty', type: 'UnauthorizedAccess:EC2/SSHBruteForce', severity: 5 },
    call: { source: 'guardduty', type: 'UnauthorizedAccess:IAMUser/MaliciousIPCaller', severity: 5 },
    dns: { source: 'guardduty', type: 'Backdoor:EC2/C&CActivity.B!DNS', severity: 8 },
  },
  aws_vpc_flow: {
    outbound: { source: 'vpc', srcaddr: '192.0.2.1', dstport: '443', action: 'ACCEPT' },
    outbound_blocked: { source: 'vpc', srcaddr: '192.0.2.1', dstport: '443', action: 'REJECT' },
    inbound: { source: 'vpc', dstaddr: '192.0.2.1', dstport: '23', action: 'REJECT' },
  },
  aws_load_balancer: {
    request: { source: 'alb', type: 'https', elb_status_code: '200', domain_name: 'opencti-selftest' },
    waf: { source: 'waf', action: 'BLOCK', terminatingRuleType: 'REGULAR' },
  },
};

export function writeAws(field: EventField, event: FieldEvent): Sample[] {
  const form = find(awsForms[event.source] ?? {}, event);
  const base = {
    integration: 'aws',
    aws: { log_info: { s3bucket: 'opencti-selftest' }, ...form },
  };
  return [toSample(field, event, { base })];
}

export function writeSecurityLake(field: EventField, event: FieldEvent): Sample[] {
  const base = {
    activity_id: 6,
    category_uid: 4,
    class_uid: 4001,
    class_name: 'Network Activity',
    metadata: { product: { name: 'Amazon VPC' }, uid: 'opencti-selftest' },
  };
  return [toSample(field, event, { base })];
}

const office365Operations: Readonly<Record<string, string>> = {
  sign_in: 'UserLoggedIn',
  failed: 'UserLoginFailed',
  operation: 'FileDownloaded',
};

export function writeOffice365(field: EventField, event: FieldEvent): Sample[] {
  const operation = find(office365Operations, event);
  const base = {
    integration: 'office365',
    office365: {
      Operation: operation,
      RecordType: 15,
      Workload: 'AzureActiveDirectory',
      UserId: 'opencti-selftest',
    },
  };
  return [toSample(field, event, { base })];
}

const azureForms: Readonly<Record<string, Part>> = {
  sign_in: {
    azure_tag: 'azure-ad-graph',
    azure_aad_tag: 'opencti-selftest',
    userPrincipalName: 'opencti-selftest',
  },
  call: {
    azure_tag: 'azure-log-analytics',
    log_analytics_tag: 'opencti-selftest',
    OperationName: 'Sign-in activity',
    Caller: 'opencti-selftest',
  },
};

export function writeAzure(field: EventField, event: FieldEvent): Sample[] {
  return [toSample(field, event, { base: find(azureForms, event) })];
}

export function writeMsGraph(field: EventField, event: FieldEvent): Sample[] {
  const base = {
    integration: 'ms-graph',
    'ms-graph': {
      id: '4',
      userPrincipalName: 'opencti-selftest',
      resource: 'auditLogs',
      relationship: 'signIns',
    },
  };
  return [toSample(field, event, { base })];
}

export function writeGcp(field: EventField, event: FieldEvent): Sample[] {
  const base = {
    integration: 'gcp',
    gcp: { insertId: '4', logName: 'projects/opencti-selftest/logs/opencti-selftest', severity: 'INFO' },
  };
  return [toSample(field, event, { base })];
}

export function writeGithub(field: EventField, event: FieldEvent): Sample[] {
  const base = {
    integration: 'github',
    github: { action: 'repo.create', actor: 'opencti-selftest', org: 'opencti-selftest' },
  };
  return [toSample(field, event, { base })];
}

export function writeCloudflare(field: EventField, event: FieldEvent): Sample[] {
  const base = {
    WAFAction: 'drop',
    ClientRequestHost: 'opencti-selftest',
    RayID: '4',
  };
  return [toSample(field, event, { base })];
}

/** Zeek writes names with dots in them as one key. OwlH forwards the same with a key of its own. */
export function writeZeek(field: EventField, event: FieldEvent): Sample[] {
  const toBase = (more: Part) => ({
    ts: 1_767_225_600.1,
    uid: 'opencti-selftest',
    'id.orig_h': '192.0.2.1',
    'id.orig_p': 4,
    'id.resp_h': '192.0.2.1',
    'id.resp_p': 443,
    proto: 'tcp',
    ...more,
  });
  const path = [field.ruleField];
  switch (event.row) {
    case 'inbound':
    case 'connection':
      return [
        toSample(field, event, { root: 'zeek_connection', base: toBase({ conn_state: 'SF' }), path }),
        toSample(field, event, {
          log: 'OwlH',
          root: 'zeek_owlh',
          base: toBase({ bro_engine: 'CONN' }),
          path,
        }),
      ];
    case 'file':
      return [toSample(field, event, { root: 'zeek_file', base: toBase({ fuid: 'F4' }), path })];
    default:
      return [toSample(field, event, { base: toBase({}), path })];
  }
}

export function writeOsquery(field: EventField, event: FieldEvent): Sample[] {
  const base = {
    osquery: { name: 'opencti-selftest', columns: { path: '/opencti-selftest' }, action: 'added' },
  };
  return [toSample(field, event, { base })];
}

export function writeFalco(field: EventField, event: FieldEvent): Sample[] {
  const base = {
    priority: 'Notice',
    rule: 'Unexpected outbound connection',
    source: 'syscall',
    output_fields: { 'proc.name': 'opencti-selftest' },
  };
  return [toSample(field, event, { base, path: ['output_fields', 'fd.sip'] })];
}

/** Any log in JSON with the field at its top. */
export function writeOtherLog(field: EventField, event: FieldEvent): Sample[] {
  return [toSample(field, event, { base: { application: 'opencti-selftest' } })];
}

/** In JSON, where the field of the site asks for nothing else: a decoder of its own has a form that only the site knows. */
export function writeCustom(field: EventField, event: FieldEvent): Sample[] {
  const isJson = field.roots.every(
    (root) =>
      typeof root === 'object' &&
      typeof root.parent === 'object' &&
      root.parent.some((id) => id === templates.syslog) &&
      root.when.every((condition) => 'decoder' in condition && condition.decoder === 'json'),
  );
  return isJson ? [toSample(field, event, { base: { application: 'opencti-selftest' } })] : [];
}
