import { readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { integrationName, matchGroup } from '../wazuh/ossec-conf/our-blocks.ts';
import { readOssecConf } from '../wazuh/ossec-conf/read-ossec-conf.ts';

/** Why integratord does not run the integration for a match, as far as the files tell. */
export function diagnoseIntegration(home: string): { readonly cause: string; readonly next: string } {
  const { integrations } = readOssecConf(readFileSync(join(home, 'etc/ossec.conf'), 'latin1'));
  const blocks = integrations.filter(({ name }) => name === integrationName);
  const install = 'run opencti-wazuh install, and restart the manager';
  if (blocks.length === 0)
    return { cause: `ossec.conf has no <integration> block named ${integrationName}`, next: install };
  const block = blocks.find(({ groups }) => groups?.split(',').includes(matchGroup));
  if (block === undefined)
    return {
      cause: `the <integration> block takes the groups ${blocks[0]?.groups ?? '(none)'}, and a match has ${matchGroup}`,
      next: 'run opencti-wazuh install --adopt, and restart the manager',
    };
  if (block.alertFormat !== 'json')
    return {
      cause: `the <integration> block has alert_format ${block.alertFormat ?? '(none)'}, not json`,
      next: 'write <alert_format>json</alert_format> into it, and restart the manager',
    };
  const script = statSync(join(home, 'integrations', integrationName), { throwIfNoEntry: false });
  if (script === undefined) return { cause: `integrations/${integrationName} is not there`, next: install };
  return {
    cause:
      'integratord has not run it, or it could not send: it starts new integrations after a restart only',
    next: 'restart the manager; then see logs/opencti-wazuh.log and "integratord" in logs/ossec.log',
  };
}
