import { join } from 'node:path';
import { readConf } from '../check/site.ts';
import { KnownError } from '../errors.ts';
import { readOssecConf } from '../wazuh/ossec-conf/read-ossec-conf.ts';

/** Of the rules that take the canaries. */
const canaryLevel = 3;

/**
 * Options of the manager that keep every alert of the selftest from `alerts.json`: without them each row would look
 * silent, and the engine would be blamed.
 * @throws KnownError (exit code 2)
 */
export function checkOutput(home: string): void {
  const path = join(home, 'etc/ossec.conf');
  const { fault, optionOf } = readOssecConf(readConf(path));
  const fail = (problem: string, next: string) => {
    throw new KnownError(`${path}${problem}: nothing was sent; ${next}`, { exitCode: 2 });
  };
  if (fault) fail(`:${fault.line}: the engine cannot read it: ${fault.message}`, 'mend it');
  if (optionOf('global', 'jsonout_output')?.trim() === 'no')
    fail(
      ' has jsonout_output no, and the selftest reads alerts.json',
      'set <jsonout_output>yes</jsonout_output> and restart the manager',
    );
  const least = Number(optionOf('alerts', 'log_alert_level') ?? canaryLevel);
  if (least > canaryLevel)
    fail(
      ` has log_alert_level ${least}, and the alerts of canaries have level ${canaryLevel}: none would be written`,
      `lower it to ${canaryLevel} for as long as the selftest takes, and restart the manager`,
    );
}
