import type { EventField, FieldEvent, SourceName } from '../../wazuh/fields.ts';
import type { Sample, Write } from './sample.ts';
import { writeLinuxSysmon, writeSyscheck, writeSyscollector, writeWindows } from './samples-engine.ts';
import {
  writeAws,
  writeAzure,
  writeCloudflare,
  writeCustom,
  writeFalco,
  writeGcp,
  writeGithub,
  writeMsGraph,
  writeOffice365,
  writeOsquery,
  writeOtherLog,
  writeSecurityLake,
  writeSuricata,
  writeZeek,
} from './samples-json.ts';
import { writeLine } from './samples-lines.ts';

const writers: Readonly<Record<SourceName, Write>> = {
  sysmon: writeWindows,
  sysmon_linux: writeLinuxSysmon,
  fim: writeSyscheck,
  logins: writeLine,
  firewalls: writeLine,
  other_logs: writeOtherLog,
  web_servers: writeLine,
  suricata: writeSuricata,
  dns_servers: writeLine,
  squid: writeLine,
  windows_logons: writeWindows,
  windows_firewall: writeWindows,
  windows_rdp: writeWindows,
  windows_dns: writeWindows,
  office365: writeOffice365,
  aws_cloudtrail: writeAws,
  aws_guardduty: writeAws,
  aws_vpc_flow: writeAws,
  aws_load_balancer: writeAws,
  aws_security_lake: writeSecurityLake,
  azure: writeAzure,
  ms_graph: writeMsGraph,
  gcp: writeGcp,
  github: writeGithub,
  cloudflare: writeCloudflare,
  zeek: writeZeek,
  osquery: writeOsquery,
  falco: writeFalco,
  syscollector: writeSyscollector,
  cisco: writeLine,
  sophos: writeLine,
  fortigate: writeLine,
  palo_alto: writeLine,
  check_point: writeLine,
  custom: writeCustom,
};

/**
 * Events of a row, each in the form that its source logs, with addresses of documentation ranges beside the canary: one
 * for each root of the field that is in the rules and that the row's source goes through.
 */
export function toSamples(field: EventField, event: FieldEvent): readonly Sample[] {
  return writers[event.source](field, event).filter(
    ({ root }) => root === null || field.roots.includes(root),
  );
}
