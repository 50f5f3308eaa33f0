/**
 * Networks are matched by gates, which hold no ids: this file beside the lists has the OpenCTI id of each, for those
 * who look one up. It has the form of a list and is searched like one; no rule names it, so the engine never reads it.
 */
export const networkMapName = 'opencti-networks';

/** Below `etc`. */
export const networkMapPath = `lists/${networkMapName}`;

/**
 * `31.0.0.0_24`: the server API and the dashboard look at every file of `etc/lists`, and take no `/` in a quoted key
 * (Wazuh 4.14.7).
 * @param network in its normal form
 */
export function formatNetworkKey(network: string): string {
  return network.replace('/', '_');
}
