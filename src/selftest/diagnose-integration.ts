import { checkBlock, checkScript } from '../check/check-integration.ts';
import { checkNode } from '../check/check-node.ts';
import { checkIntegratord } from '../check/check-processes.ts';
import { openSite } from '../check/site.ts';
import type { Config } from '../config/schema.ts';
import type { Environment } from '../shell.ts';

/** Why integratord does not run the integration for a match, as far as the files and processes tell. */
export function diagnoseIntegration(
  config: Config,
  environment: Environment,
): { readonly cause: string; readonly next: string } {
  const site = openSite(config, '/etc', environment);
  const lines = [checkBlock, checkScript, checkIntegratord, checkNode].flatMap((check) => check(site));
  const found =
    lines.find(({ state }) => state === 'problem') ??
    lines.find(({ state, subject }) => state === 'warning' && subject === 'integratord');
  if (found?.next) return { cause: `${found.subject}: ${found.text}`, next: found.next };
  return {
    cause:
      'integratord has not run it, or it could not send: it starts new integrations after a restart only',
    next: 'restart the manager; then see logs/opencti-wazuh.log and "integratord" in logs/ossec.log',
  };
}
