import type { Notice } from '../../report/notices.ts';
import type { Report } from '../../report/report.ts';
import { findDaemon } from '../../wazuh/manager/daemons.ts';
import { holdState } from '../../wazuh/manager/held-home.ts';
import { tryOpenOssecConf } from '../../wazuh/ossec-conf/open-ossec-conf.ts';
import { formatUnits } from '../format.ts';
import { isLoaded, judgeFreshness, readState } from '../refresh/state.ts';

/** How old the lists are, and what keeps the engine from matching with them: as it is now. */
export function findNotices({ coverage, finished }: Report, folder: string, maxAge: number): Notice[] {
  if (tryOpenOssecConf(folder) === null)
    return [warn(`an export of ${finished}: nothing here says that an engine has loaded it`)];
  const held = holdState(folder);
  try {
    const state = readState(held);
    const { state: age, reason } = judgeFreshness(state, maxAge, new Date());
    const [last] = state.runs;
    const undeclared = coverage.filter((row) => row.state === 'not-configured').length;
    return [
      age === 'fresh' ? { state: 'good', text: `fresh: ${reason}` } : warn(`${age}: ${reason}`),
      ...(last?.outcome === 'failed' ? [warn(`the last refresh failed: ${last.reason}`)] : []),
      ...(findDaemon(folder, 'wazuh-analysisd') === null ? [warn('the engine does not run')] : []),
      ...(isLoaded(state, folder) || state.confirmed === null
        ? []
        : [warn('the engine runs with an older set: it takes this one when it is restarted')]),
      ...(undeclared > 0
        ? [warn(`${formatUnits(undeclared, 'row')} not in ossec.conf: run opencti-wazuh install`)]
        : []),
    ];
  } finally {
    held?.close();
  }
}

function warn(text: string): Notice {
  return { state: 'warning', text };
}
