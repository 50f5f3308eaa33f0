/** What became of messages that were sent in their order. */
export interface Sent {
  /** So many of them, the first ones, were taken. */
  readonly sent: number;
  /** Why the next one was not, by the name of the system's error (`EAGAIN`: the receiver's queue is full); null: all were. */
  readonly problem: string | null;
}

/** A way to send Unix datagrams. */
export interface Datagrams {
  /** Sends without waiting, until one is not taken. */
  send(path: string, messages: readonly Buffer[]): Sent;
}
