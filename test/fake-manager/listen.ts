import { createServer, type Socket } from 'node:net';

export interface Listening {
  /** Closes all connections. */
  close(): Promise<void>;
}

/** Serves a stream socket; its clients may close their half. */
export function listen(path: string, serve: (socket: Socket) => void): Promise<Listening> {
  const open = new Set<Socket>();
  const server = createServer({ allowHalfOpen: true }, (socket) => {
    open.add(socket);
    socket.on('close', () => open.delete(socket));
    socket.on('error', () => {});
    serve(socket);
  });
  const close = () =>
    new Promise<void>((resolve) => {
      server.close(() => resolve());
      for (const socket of open) socket.destroy();
    });
  return new Promise((resolve, reject) => {
    server.on('error', reject);
    server.listen(path, () => resolve({ close }));
  });
}
