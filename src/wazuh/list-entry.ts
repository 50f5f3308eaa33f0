/**
 * One entry of a CDB list. The key is the event field's spelling of a value; the value part is the OpenCTI
 * internal id of the object that decided.
 */
export interface ListEntry {
  readonly key: string;
  readonly value: string;
}
