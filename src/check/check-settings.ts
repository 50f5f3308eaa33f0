import { join } from 'node:path';
import { scheduleFiles } from '../install/schedule.ts';
import { staleAlias } from '../wazuh/ossec-conf/our-blocks.ts';
import { type CheckLine, fail, ok, orOk, warn } from './line.ts';
import { isWorker, type Site, statOf } from './site.ts';

/** Options of the manager that keep alerts from getting where they should. */
export function checkAlerts({ conf, config }: Site): readonly CheckLine[] {
  const findings: CheckLine[] = [];
  if (conf.optionOf('global', 'jsonout_output')?.trim() === 'no')
    findings.push(
      fail(
        'alerts',
        'jsonout_output is no: integratord reads alerts.json, and there is none',
        'set <jsonout_output>yes</jsonout_output>, then restart the manager',
      ),
    );
  const least = Number(conf.optionOf('alerts', 'log_alert_level') ?? 3);
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

/** Something has to run `refresh`, and something else has to say when it does not. */
export function checkSchedule(site: Site): readonly CheckLine[] {
  const { etc, conf } = site;
  if (isWorker(site)) return [ok('schedule', 'the master refreshes')];
  const found = scheduleFiles.map((path) => join(etc, path)).find((path) => statOf(path) !== null);
  const asks = conf.localfiles.some(({ children }) =>
    children.some(({ name, text }) => name === 'alias' && text === staleAlias),
  );
  return [
    found
      ? ok('schedule', `${found} runs refresh`)
      : warn(
          'schedule',
          `neither cron nor a timer in ${etc} runs refresh`,
          'run opencti-wazuh install, or have another scheduler run it once an hour',
        ),
    asks
      ? ok('schedule', 'the manager asks each hour how old the lists are')
      : warn(
          'schedule',
          'nobody asks how old the lists are: a schedule that died would not show',
          'run opencti-wazuh install, then restart the manager',
        ),
  ];
}
