/** What a run is asked for. */
export interface Call {
  readonly alertFile: string;
  /** `<api_key>` and `<hook_url>`; null: not given. */
  readonly apiKey: string | null;
  readonly hookUrl: string | null;
  readonly debug: boolean;
  /** Print what would be sent. */
  readonly isTrial: boolean;
}

export const usage =
  'usage: custom-opencti <alert file> [api_key] [hook_url] [debug] | custom-opencti --test <alert file>';

/**
 * By position, as integratord calls: alert file, api_key, hook_url, `debug`, and then options file, time-out,
 * retries and the text `> /dev/null 2>&1`, of which none says something. Versions before 4.8 pass fewer.
 * @returns null when there is no alert file.
 */
export function parseArguments(args: readonly string[]): Call | null {
  const [first = '', second = '', third = '', fourth = ''] = args;
  if (first === '--test') {
    return second === ''
      ? null
      : { alertFile: second, apiKey: null, hookUrl: null, debug: false, isTrial: true };
  }
  if (first === '' || first.startsWith('--')) return null;
  return {
    alertFile: first,
    apiKey: second || null,
    hookUrl: third || null,
    debug: fourth === 'debug',
    isTrial: false,
  };
}
