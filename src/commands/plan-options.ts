import type { PlanOptions } from '../compile/plan.ts';
import type { Config } from '../config/config.ts';
import { hasSysmonDecoder } from '../wazuh/site-decoders.ts';

/** What the configuration says of the plan; `auto` looks at the decoders of the manager on this machine. */
export function toPlanOptions({ rules, gates, integration, wazuh }: Config): PlanOptions {
  const linuxDecoder =
    rules.linuxDecoder === 'auto' ? !hasSysmonDecoder(wazuh.home) : rules.linuxDecoder === 'on';
  return {
    rules: {
      firstId: rules.firstId,
      level: rules.level,
      siteParents: rules.parents,
      linuxDecoder,
      withoutMail: integration.mail === 'once',
    },
    gates,
  };
}
