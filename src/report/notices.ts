/** What a reader has to know before anything that a run has counted. */
export interface Notice {
  readonly state: 'good' | 'warning';
  readonly text: string;
}
