/** What writes events that are looked up, as the configuration and the documents name it. */
export interface Source {
  readonly title: string;
  /**
   * The logs of the manager that show whether its events arrive: `archives` for events of level 0, which raise no alert of
   * their own, `alerts` where each of them, or enough of them, raises one.
   */
  readonly shownBy: readonly ('alerts' | 'archives')[];
}

export const sources = {
  sysmon: { title: 'Sysmon for Windows', shownBy: ['archives'] },
  sysmon_linux: { title: 'Sysmon for Linux', shownBy: ['archives'] },
  fim: { title: 'File integrity monitoring of Wazuh', shownBy: ['alerts', 'archives'] },
  logins: { title: 'Logins: sshd, PAM, mail, FTP, VPN, databases', shownBy: ['alerts', 'archives'] },
  firewalls: { title: 'Firewalls, and every other log with srcip or dstip', shownBy: ['archives'] },
  other_logs: { title: 'Every other log with srcip', shownBy: ['archives'] },
  web_servers: { title: 'Web servers: nginx, Apache, IIS', shownBy: ['alerts', 'archives'] },
  suricata: { title: 'Suricata', shownBy: ['alerts', 'archives'] },
  dns_servers: { title: 'DNS servers: BIND, unbound, dnsmasq, Pi-hole', shownBy: ['archives'] },
  squid: { title: 'squid', shownBy: ['archives'] },
  windows_logons: { title: 'Windows logons', shownBy: ['alerts', 'archives'] },
  windows_firewall: { title: 'Windows Filtering Platform', shownBy: ['archives'] },
  windows_rdp: { title: 'Windows Remote Desktop', shownBy: ['archives'] },
  windows_dns: { title: 'Windows DNS client and server', shownBy: ['archives'] },
  office365: { title: 'Office 365', shownBy: ['alerts', 'archives'] },
  aws_cloudtrail: { title: 'AWS CloudTrail', shownBy: ['alerts', 'archives'] },
  aws_guardduty: { title: 'AWS GuardDuty', shownBy: ['alerts', 'archives'] },
  aws_vpc_flow: { title: 'AWS VPC flow logs', shownBy: ['alerts', 'archives'] },
  aws_load_balancer: { title: 'AWS load balancers and WAF', shownBy: ['alerts', 'archives'] },
  aws_security_lake: { title: 'AWS Security Lake', shownBy: ['alerts', 'archives'] },
  azure: { title: 'Azure: Entra ID and Log Analytics', shownBy: ['alerts', 'archives'] },
  ms_graph: { title: 'Microsoft Graph', shownBy: ['archives'] },
  gcp: { title: 'Google Cloud', shownBy: ['alerts', 'archives'] },
  github: { title: 'GitHub', shownBy: ['alerts', 'archives'] },
  cloudflare: { title: 'Cloudflare', shownBy: ['alerts', 'archives'] },
  zeek: { title: 'Zeek', shownBy: ['archives'] },
  osquery: { title: 'osquery', shownBy: ['alerts', 'archives'] },
  falco: { title: 'Falco', shownBy: ['archives'] },
  syscollector: { title: 'Open ports by the inventory of Wazuh', shownBy: ['archives'] },
  cisco: { title: 'Cisco ASA and FTD: fields of their own', shownBy: ['alerts', 'archives'] },
  sophos: { title: 'Sophos XG', shownBy: ['alerts', 'archives'] },
  fortigate: { title: 'Fortigate: addresses of VPN peers', shownBy: ['alerts', 'archives'] },
  palo_alto: { title: 'Palo Alto', shownBy: ['archives'] },
  custom: { title: 'Fields of the site', shownBy: ['alerts', 'archives'] },
  check_point: { title: 'Check Point', shownBy: ['alerts', 'archives'] },
} as const satisfies Record<string, Source>;

export type SourceName = keyof typeof sources;

/** The source with the type that all of them share. */
export function toSource(name: SourceName): Source {
  return sources[name];
}

/** Those with a switch of their own: all but the fields of the site. */
export const sourceNames = (Object.keys(sources) as SourceName[]).filter((name) => name !== 'custom');
