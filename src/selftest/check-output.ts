import { KnownError } from '../errors.ts';
import { readAlertOutput } from '../wazuh/ossec-conf/alert-output.ts';
import { openOssecConf, toConfPath } from '../wazuh/ossec-conf/open-ossec-conf.ts';

/** Of the rules that take the canaries. */
const canaryLevel = 3;

/**
 * Options of the manager that keep every alert of the selftest from `alerts.json`: without them each row would look
 * silent, and the engine would be blamed.
 * @throws KnownError (exit code 2)
 */
export function checkOutput(home: string): void {
  const conf = openOssecConf(home);
  const { isJson, leastLevel } = readAlertOutput(conf);
  const fail = (problem: string, next: string) => {
    throw new KnownError(`${toConfPath(home)}${problem}: nothing was sent; ${next}`, { exitCode: 2 });
  };
  const { fault } = conf;
  if (fault) fail(`:${fault.line}: the engine cannot read it: ${fault.message}`, 'mend it');
  if (!isJson)
    fail(
      ' has jsonout_output no, and the selftest reads alerts.json',
      'set <jsonout_output>yes</jsonout_output> and restart the manager',
    );
  if (leastLevel > canaryLevel)
    fail(
      ` has log_alert_level ${leastLevel}, and the alerts of canaries have level ${canaryLevel}: none would be written`,
      `lower it to ${canaryLevel} for as long as the selftest takes, and restart the manager`,
    );
}
