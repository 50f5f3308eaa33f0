/** The steps of a refresh, in their order: what an alert says about where it failed. */
export const steps = [
  'config',
  'lock',
  'recover',
  'manager',
  'read',
  'compile',
  'compare',
  'guards',
  'stage',
  'publish',
  'judge',
  'reload',
  'prove',
  'record',
] as const;

export type Step = (typeof steps)[number];

/** Knows where a run is. */
export interface StepTracker {
  readonly current: Step;
  run<T>(step: Step, work: () => T | Promise<T>): Promise<T>;
}

export function createStepTracker(onStep: (step: Step) => void): StepTracker {
  let current: Step = steps[0];
  return {
    get current() {
      return current;
    },
    async run(step, work) {
      current = step;
      onStep(step);
      return await work();
    },
  };
}
