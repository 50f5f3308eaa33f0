import type { ServerResponse } from 'node:http';
import type { Fault } from './faults.ts';
import type { Answer } from './graphql-service.ts';
import { loginPage } from './web-pages.ts';

const html = 'text/html; charset=utf-8';
const json = 'application/json; charset=utf-8';

type Replacing = Extract<Fault, { kind: 'status' | 'html' | 'redirect' | 'silence' }>;

export function sendHtml(response: ServerResponse, status: number, body: string): void {
  send(response, status, html, body);
}

export function sendJson(response: ServerResponse, status: number, body: object): void {
  send(response, status, json, JSON.stringify(body));
}

/** An answer, unless a fault cuts the connection before it, within it, or breaks its text. */
export function sendAnswer(response: ServerResponse, answer: Answer, faults: readonly Fault[]): void {
  const text = JSON.stringify(answer);
  const half = text.slice(0, Math.ceil(text.length / 2));
  const hangUp = faults.find((fault) => fault.kind === 'hang-up');
  if (hangUp?.when === 'before-answer') {
    response.destroy();
  } else if (hangUp) {
    response.writeHead(200, { 'content-type': json, 'content-length': Buffer.byteLength(text) });
    response.write(half, () => response.destroy());
  } else if (faults.some((fault) => fault.kind === 'broken-json')) {
    send(response, 200, json, half);
  } else {
    send(response, 200, json, text);
  }
}

export function replacesAnswer(fault: Fault): fault is Replacing {
  return ['status', 'html', 'redirect', 'silence'].includes(fault.kind);
}

export function sendInstead(response: ServerResponse, fault: Replacing): void {
  if (fault.kind === 'silence') return;
  if (fault.kind === 'redirect') {
    response.setHeader('location', fault.location);
    sendHtml(response, fault.status ?? 302, '');
  } else if (fault.kind === 'html') {
    sendHtml(response, fault.status ?? 200, fault.html ?? loginPage);
  } else {
    if (fault.retryAfter !== undefined) response.setHeader('retry-after', fault.retryAfter);
    sendJson(response, fault.status, { status: fault.status });
  }
}

function send(response: ServerResponse, status: number, contentType: string, body: string): void {
  response.writeHead(status, { 'content-type': contentType, 'content-length': Buffer.byteLength(body) });
  response.end(body);
}
