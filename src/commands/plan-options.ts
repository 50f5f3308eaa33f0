import type { PlanOptions } from '../compile/plan.ts';
import type { Config } from '../config/schema.ts';
import type { LinuxDecoder } from '../wazuh/rule-files.ts';
import { findSysmonDecoder } from '../wazuh/site-decoders.ts';

/** What the configuration says of the plan; the decoder for Sysmon for Linux depends on those of this machine's manager. */
export function toPlanOptions({ rules, gates, integration, wazuh }: Config): PlanOptions {
  const linuxDecoder: LinuxDecoder =
    rules.linuxDecoder === 'off' ? 'none' : (findSysmonDecoder(wazuh.home) ?? 'own');
  return {
    rules: {
      blocks: rules.blocks,
      level: rules.level,
      linuxDecoder,
      withoutMail: integration.mail === 'once',
    },
    gates,
  };
}
