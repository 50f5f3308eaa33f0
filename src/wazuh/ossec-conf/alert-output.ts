import type { OssecConf } from './read-ossec-conf.ts';

/** What the manager writes of its alerts. */
export interface AlertOutput {
  /** There is an `alerts.json`, which integratord and the selftest read. */
  readonly isJson: boolean;
  /** Alerts of a lower level are not written. */
  readonly leastLevel: number;
}

/** Of an option that is not set the manager has its own (Wazuh 4.14.7). */
const usual = { leastLevel: 3 } as const;

export function readAlertOutput({ optionOf }: Pick<OssecConf, 'optionOf'>): AlertOutput {
  return {
    isJson: optionOf('global', 'jsonout_output')?.trim() !== 'no',
    leastLevel: Number(optionOf('alerts', 'log_alert_level') ?? usual.leastLevel),
  };
}
