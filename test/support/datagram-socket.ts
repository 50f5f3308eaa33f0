import koffi from 'koffi';

/** A Unix datagram socket like the engine's: the kernel keeps what has arrived. */
export interface DatagramReceiver {
  readonly path: string;
  /** Takes everything that has arrived. */
  drain(): string[];
  /** Sends without waiting. @returns false when the receiver's queue is full, or there is no receiver. */
  sendTo(path: string, text: string): boolean;
  close(): void;
}

const unixFamily = 1;
const datagramType = 2;
/** Without it a program that a test starts would keep the socket open. */
const closeOnExec = 0o2_000_000;
const dontWait = 0x40;
const longestDatagram = 262_144;

/** Binds a socket file. */
export function bindDatagrams(path: string): DatagramReceiver {
  const libc = koffi.load(null);
  const openSocket = libc.func('int socket(int, int, int)');
  const bind = libc.func('int bind(int, const uint8_t *, uint32_t)');
  const receive = libc.func('long recv(int, _Out_ uint8_t *, size_t, int)');
  const closeFile = libc.func('int close(int)');
  const file: number = openSocket(unixFamily, datagramType | closeOnExec, 0);
  const send = libc.func('long sendto(int, const uint8_t *, size_t, int, const uint8_t *, uint32_t)');
  const address = toAddress(path);
  if (bind(file, address, address.length) !== 0)
    throw new Error(`no socket at ${path}: errno ${koffi.errno()}`);
  let isOpen = true;
  const close = () => {
    if (isOpen) closeFile(file);
    isOpen = false;
  };
  function drain(): string[] {
    const messages: string[] = [];
    if (!isOpen) return messages;
    const buffer = Buffer.alloc(longestDatagram);
    for (;;) {
      const length: number = receive(file, buffer, buffer.length, dontWait);
      if (length < 0) return messages;
      messages.push(buffer.toString('utf8', 0, length));
    }
  }
  function sendTo(to: string, text: string): boolean {
    const target = toAddress(to);
    return send(file, Buffer.from(text), text.length, dontWait, target, target.length) >= 0;
  }
  return { path, drain, sendTo, close };
}

function toAddress(path: string): Buffer {
  return Buffer.concat([Buffer.from([unixFamily, 0]), Buffer.from(path), Buffer.alloc(1)]);
}
