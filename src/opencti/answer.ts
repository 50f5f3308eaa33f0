import { toExcerpt } from '../text.ts';
import { OpenCtiError } from './errors.ts';
import type { HttpAnswer } from './http.ts';

/** With these the server, or a proxy before it, is overloaded or restarting. */
const busyStatuses = new Set([429, 500, 502, 503, 504]);
/** These ask the client to wait, even without a `Retry-After` (RFC 9110, 15.6.4; RFC 6585, 4). */
const waitStatuses = new Set([429, 503]);

interface Place {
  readonly endpoint: URL;
  /** The proxy without its credentials; null when there is none. */
  readonly proxy: string | null;
  readonly secrets: readonly string[];
}

/**
 * Accepts what can be a GraphQL answer: JSON, even with a status of 4xx, since its `errors` say more than the status.
 * @throws OpenCtiError that says what came instead.
 */
export function checkAnswer(answer: HttpAnswer, place: Place): void {
  const { status, retryAfter } = answer;
  const where = `OpenCTI at ${place.endpoint.href}`;
  const found = describe(answer, place.secrets);
  if (answer.fromProxy) throw toProxyError(answer, place);
  if (status >= 300 && status < 400) throw toRedirectError(answer, place);
  if (busyStatuses.has(status)) {
    const wait = parseRetryAfter(retryAfter);
    const failure = wait !== null || waitStatuses.has(status) ? 'asked-to-wait' : 'busy';
    throw new OpenCtiError(failure, `${where} cannot answer now: ${found}`, wait);
  }
  if (status === 404) {
    const advice = 'opencti.url must be the base URL of the platform, with its base path if it has one';
    throw new OpenCtiError('address', `${where}: no GraphQL API there (${found}); ${advice}`);
  }
  if (isGraphQlJson(answer)) return;
  if (status >= 400) throw new OpenCtiError('status', `${where} refused the request: ${found}`);
  throw new OpenCtiError(
    'address',
    `${where} answered, but not as a GraphQL API (${found}): the URL is probably wrong, or a proxy or a login page ` +
      'answers in its place; check opencti.url',
  );
}

function toProxyError(answer: HttpAnswer, { endpoint, proxy }: Place): OpenCtiError {
  if (answer.status === 407) {
    return new OpenCtiError(
      'proxy-refusal',
      `the proxy ${proxy} requires a login (status 407): put user name and password into the URL of opencti.proxy`,
    );
  }
  const failure = busyStatuses.has(answer.status) ? 'network' : 'proxy-refusal';
  return new OpenCtiError(
    failure,
    `the proxy ${proxy} did not connect to ${endpoint.host}: status ${answer.status}`,
  );
}

function toRedirectError(answer: HttpAnswer, { endpoint, secrets }: Place): OpenCtiError {
  const target = toExcerpt(answer.location ?? 'nowhere', secrets);
  return new OpenCtiError(
    'address',
    `OpenCTI at ${endpoint.href} redirects to ${target} (status ${answer.status}), which is not followed: the ` +
      'token would be sent there; set opencti.url to the final address',
  );
}

/** Describes an answer, such as `status 200, text/html, "Sign in"`. */
function describe({ status, contentType, text }: HttpAnswer, secrets: readonly string[]): string {
  const type = contentType === '' ? 'no content type' : toExcerpt(contentType, secrets);
  const title = /<title[^>]*>([^<]*)</i.exec(text.slice(0, 10_000))?.[1];
  return `status ${status}, ${type}${title ? `, "${toExcerpt(title, secrets)}"` : ''}`;
}

function isGraphQlJson({ contentType }: HttpAnswer): boolean {
  return /^application\/(graphql-response\+)?json\b/i.test(contentType.trim());
}

/** Returns the milliseconds to wait; the header has seconds or a date (RFC 9110, 10.2.3). Null when it is unusable. */
export function parseRetryAfter(header: string | null, now = Date.now()): number | null {
  if (header === null) return null;
  if (/^\d+$/.test(header)) return Number(header) * 1000;
  const date = Date.parse(header);
  return Number.isNaN(date) ? null : Math.max(0, date - now);
}
