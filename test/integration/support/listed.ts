import type { IntegrationSettings } from '../../../src/integration/settings.ts';
import { demoToken } from '../../platform/server.ts';
import { readAlerts } from '../../support/sample-events.ts';
import { createManager, type Manager } from './manager.ts';

interface SampleAlert {
  readonly id: string;
  readonly rule: { readonly groups: readonly string[] };
  readonly agent: object;
  readonly data: { readonly win: { readonly eventdata: object } };
}

const sample = readAlerts().get('sysmon22-answer') as SampleAlert;

/** The alert of a list match for `sazoya.com`, as integratord hands it over. */
export const nameAlert = withName('sazoya.com');

/** The alert that a list or gate raises for a name. */
export function withName(queryName: string): SampleAlert {
  const { win } = sample.data;
  return {
    ...sample,
    rule: { ...sample.rule, groups: ['threat_intel', 'opencti_match', 'opencti_name', 'windows', 'sysmon'] },
    data: { ...sample.data, win: { ...win, eventdata: { ...win.eventdata, queryName } } },
  };
}

/** A manager whose list has `sazoya.com`, with the token of the embedded platform. */
export function createListedManager(settings: Partial<IntegrationSettings>): Manager {
  const manager = createManager({ token: demoToken, ...settings });
  manager.writeList('opencti-win-query-name', ['sazoya.com:766340ed-4d34-48de-b65c-38f668534435']);
  return manager;
}

/** The source of an event that names no match. */
export const nameSource = {
  alert_id: sample.id,
  rule_id: '100000',
  field: 'win.eventdata.queryName',
  value: 'sazoya.com',
  list: 'opencti-win-query-name',
};
