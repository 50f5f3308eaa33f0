/** A way to send Unix datagrams. */
export interface Datagrams {
  /** Sends without waiting. @returns null, or the name of the system's error (`EAGAIN`: the receiver's queue is full). */
  send(path: string, message: Buffer): string | null;
}
