import type { RefreshState } from './state.ts';

export interface Freshness {
  /** `waiting`: nothing was refreshed since the installation, and not for so long that it is a fault. */
  readonly state: 'fresh' | 'waiting' | 'stale';
  /** One line, without the state before it. */
  readonly reason: string;
}

/** A clock that was set back would keep old lists fresh for as long. */
const mostAhead = 3_600_000;

/** Two runs of an hourly schedule. */
const firstRunWithin = 2 * 3_600_000;

/** Are the lists what OpenCTI had at most `maxAge` milliseconds ago? */
export function judgeFreshness(state: RefreshState, maxAge: number, now: Date): Freshness {
  const { confirmed, runs } = state;
  const failure = runs[0]?.outcome === 'failed' ? `; the last refresh failed at step ${runs[0].step}` : '';
  if (confirmed === null) {
    if (isNewInstallation(state, maxAge, now))
      return { state: 'waiting', reason: `not refreshed yet: ${firstStep}${failure}` };
    return { state: 'stale', reason: `the lists were never confirmed against OpenCTI${failure}` };
  }
  const age = now.getTime() - confirmed.at.getTime();
  const when = `${confirmed.at.toISOString()} (${formatAge(age)})`;
  if (age < -mostAhead)
    return {
      state: 'stale',
      reason: `the lists were confirmed in the future, ${when}: look at the clock${failure}`,
    };
  const limit = age > maxAge ? `, longer than guards.max_age ${formatSpan(maxAge)}` : '';
  const reason = `the lists were last confirmed ${when}${limit}${failure}`;
  return { state: age > maxAge ? 'stale' : 'fresh', reason };
}

/** What fills the lists after an installation. */
export const firstStep = 'run opencti-wazuh refresh, or wait for the schedule';

function isNewInstallation({ installedAt }: RefreshState, maxAge: number, now: Date): boolean {
  if (installedAt === null) return false;
  const age = now.getTime() - installedAt.getTime();
  return age > -mostAhead && age < Math.min(firstRunWithin, maxAge);
}

export function formatAge(milliseconds: number): string {
  return milliseconds < 0 ? `in ${formatSpan(-milliseconds)}` : `${formatSpan(milliseconds)} ago`;
}

/** The largest unit that leaves two of it, rounded down: `95 min`, `26 h`, `3 d`. */
function formatSpan(milliseconds: number): string {
  const units = [
    ['d', 86_400_000],
    ['h', 3_600_000],
    ['min', 60_000],
  ] as const;
  for (const [unit, length] of units)
    if (milliseconds >= 2 * length) return `${Math.floor(milliseconds / length)} ${unit}`;
  return `${Math.floor(milliseconds / 1_000)} s`;
}
