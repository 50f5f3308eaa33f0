import type { IncomingMessage, ServerResponse } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Platform } from './context.ts';
import { spoilAnswer } from './fault-effects.ts';
import type { FaultPlan } from './faults.ts';
import { createGraphqlService, type GraphqlService } from './graphql-service.ts';
import { parseBody, type RequestBody, readBody } from './request-body.ts';
import type { RecordedRequest } from './requests.ts';
import { replacesAnswer, sendAnswer, sendHtml, sendInstead, sendJson } from './send.ts';
import { webApplication } from './web-pages.ts';

export interface HandlerOptions {
  readonly platform: Platform;
  readonly token: string;
  readonly dateOffset: number;
  readonly faults: FaultPlan;
  readonly requests: RecordedRequest[];
}

type Handler = (request: IncomingMessage, response: ServerResponse) => Promise<void>;

export function createRequestHandler(options: HandlerOptions): Handler {
  const service = createGraphqlService(options.platform);
  return async (request, response) => {
    const body = parseBody(await readBody(request));
    const recorded: RecordedRequest = {
      method: request.method ?? '',
      path: request.url ?? '',
      headers: request.headers,
      query: body.query,
      variables: body.variables,
    };
    options.requests.push(recorded);
    if (options.dateOffset !== 0) {
      response.setHeader('date', new Date(Date.now() + options.dateOffset).toUTCString());
    }
    if (recorded.method !== 'POST') return sendHtml(response, 200, webApplication);
    if (recorded.path.split('?', 1)[0] !== '/graphql') return sendHtml(response, 404, 'Not Found');
    await answer(options, service, recorded, body, response);
  };
}

async function answer(
  options: HandlerOptions,
  service: GraphqlService,
  recorded: RecordedRequest,
  body: RequestBody,
  response: ServerResponse,
): Promise<void> {
  const faults = options.faults.take(recorded);
  for (const fault of faults) {
    if (fault.kind === 'change') fault.run();
    if (fault.kind === 'slow') await sleep(fault.milliseconds, undefined, { ref: false });
  }
  const instead = faults.find(replacesAnswer);
  if (instead) return sendInstead(response, instead);
  if (body.query === null) {
    return sendJson(response, 400, {
      errors: [{ message: body.refusal, extensions: { code: 'BAD_REQUEST' } }],
    });
  }
  const result = service({ ...body, authenticated: isAuthenticated(recorded, options) });
  for (const fault of faults) spoilAnswer(result, fault, options.platform.errorSpelling);
  sendAnswer(response, result, faults);
}

/** OpenCTI 7 treats a token as unknown when its user may not use tokens. */
function isAuthenticated(request: RecordedRequest, { platform, token }: HandlerOptions): boolean {
  if (request.headers.authorization !== `Bearer ${token}`) return false;
  const { capabilities, traits } = platform;
  return (
    !traits.needsTokenCapability ||
    capabilities.includes('APIACCESS_USETOKEN') ||
    capabilities.includes('BYPASS')
  );
}
