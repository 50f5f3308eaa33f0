import { readFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { pageFile, type Root } from './pages.ts';

/** Serves rendered pages from a process of its own; writes its URL on standard output and ends with its input. */
export function serve(folder: string): void {
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', async () => {
      const body = await readFile(toFile(folder, Buffer.concat(chunks).toString()));
      response.writeHead(200, { 'content-type': 'application/json', 'content-length': body.length });
      response.end(body);
    });
  });
  server.listen(0, '127.0.0.1', () => {
    process.stdout.write(`http://127.0.0.1:${(server.address() as AddressInfo).port}\n`);
  });
  process.stdin.resume().on('end', () => process.exit());
}

function toFile(folder: string, question: string): string {
  const root: Root | null = question.includes('stixCyberObservables(')
    ? 'stixCyberObservables'
    : question.includes('indicators(')
      ? 'indicators'
      : null;
  if (root === null) return join(folder, 'about.json');
  const { variables } = JSON.parse(question) as {
    variables: { first: number; after?: string; filters?: object };
  };
  // What has changed, and how many there are: rendered by the bench of refresh alone.
  if (variables.filters) return join(folder, `changes-${root}.json`);
  if (variables.first === 1) return join(folder, `count-${root}.json`);
  return pageFile(folder, root, variables.after ?? 0);
}
