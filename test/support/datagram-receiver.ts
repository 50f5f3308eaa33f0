import { onTestFinished } from 'vitest';
import { bindDatagrams, type DatagramReceiver } from './datagram-socket.ts';

/** Binds a socket file; it is closed after the test. */
export function receiveDatagrams(path: string): DatagramReceiver {
  const receiver = bindDatagrams(path);
  onTestFinished(receiver.close);
  return receiver;
}
