import { readAlertOutput } from '../wazuh/ossec-conf/alert-output.ts';
import { type CheckLine, fail, orOk, warn } from './line.ts';
import type { Site } from './site.ts';

/** Options of the manager that keep alerts from getting where they should. */
export function checkAlerts({ conf, config }: Site): readonly CheckLine[] {
  const findings: CheckLine[] = [];
  const { isJson, leastLevel: least } = readAlertOutput(conf);
  if (!isJson)
    findings.push(
      fail(
        'alerts',
        'jsonout_output is no: integratord reads alerts.json, and there is none',
        'set <jsonout_output>yes</jsonout_output>, then restart the manager',
      ),
    );
  const lowest = Math.min(...Object.values(config.rules.level));
  if (least > lowest)
    findings.push(
      fail(
        'alerts',
        `log_alert_level is ${least}, and matches have level ${lowest}: they are not written`,
        'lower <log_alert_level>, or raise rules.level',
      ),
    );
  else if (least > 3)
    findings.push(
      warn(
        'alerts',
        `log_alert_level is ${least}: alerts of level 3, those of the selftest too, are not written`,
        'lower <log_alert_level> to 3',
      ),
    );
  return orOk(findings, 'alerts', 'alerts of matches are written to alerts.json');
}
