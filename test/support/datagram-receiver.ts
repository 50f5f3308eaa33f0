import { onTestFinished } from 'vitest';
import { bindDatagrams, type DatagramReceiver } from './datagram-socket.ts';

/** Binds a socket file; goes with the test. */
export function receiveDatagrams(path: string): DatagramReceiver {
  const receiver = bindDatagrams(path);
  onTestFinished(receiver.close);
  return receiver;
}
