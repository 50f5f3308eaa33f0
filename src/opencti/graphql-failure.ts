import * as v from 'valibot';
import { OpenCtiError, type OpenCtiFailure } from './errors.ts';
import { toExcerpt } from './excerpt.ts';

/** Codes without their underscores and case: `AUTH_REQUIRED` is also spelled `AuthRequired` (OpenCTI 5 and 6). */
const failures: Record<string, OpenCtiFailure> = {
  AUTHREQUIRED: 'token',
  FORBIDDENACCESS: 'capability',
  GRAPHQLVALIDATIONFAILED: 'query',
  GRAPHQLPARSEFAILED: 'query',
  BADUSERINPUT: 'query',
  UNSUPPORTEDERROR: 'query',
  DATABASEERROR: 'busy',
  LOCKERROR: 'busy',
};

const errorSchema = v.object({
  message: v.fallback(v.string(), ''),
  name: v.fallback(v.optional(v.string()), undefined),
  extensions: v.fallback(v.optional(v.object({ code: v.optional(v.string()) })), undefined),
});

interface Reported {
  readonly failure: OpenCtiFailure;
  readonly code: string;
  readonly message: string;
}

/** The entries of `errors` as one error of ours: the first one that we know decides. */
export function toGraphqlError(
  errors: readonly unknown[],
  endpoint: URL,
  secrets: readonly string[],
): OpenCtiError {
  const reported = errors.map(toReported);
  const { failure, code, message } = reported.find((entry) => entry.failure !== 'server') ??
    reported[0] ?? { failure: 'server', code: 'no code', message: '' };
  const said = toExcerpt(message === '' ? code : `${code}: ${message}`, secrets);
  return new OpenCtiError(failure, explain(failure, `OpenCTI at ${endpoint.href}`, said));
}

function toReported(entry: unknown): Reported {
  const parsed = v.safeParse(errorSchema, entry);
  if (!parsed.success) return { failure: 'server', code: 'an error of unknown form', message: '' };
  const { extensions, name, message } = parsed.output;
  const codes = [extensions?.code, name].filter((code) => code !== undefined);
  const known = codes.find((code) => toFailure(code) !== undefined) ?? codes[0] ?? 'no code';
  return { failure: toFailure(known) ?? 'server', code: known, message };
}

const toFailure = (code: string) => failures[code.replaceAll('_', '').toUpperCase()];

function explain(failure: OpenCtiFailure, where: string, said: string): string {
  switch (failure) {
    case 'token':
      return (
        `${where} refused the token (${said}): check that opencti.token is the whole API token of a user of this ` +
        'platform, neither expired nor revoked; on OpenCTI 7 the user also needs the capability APIACCESS_USETOKEN'
      );
    case 'capability':
      return (
        `${where} refused access (${said}): the user of the token needs the capability KNOWLEDGE ("Access ` +
        'knowledge") and, on OpenCTI 7, APIACCESS_USETOKEN; give a role of that user both'
      );
    case 'query':
      return `${where} refused our query (${said}): its API is not one this version knows; is there a newer version?`;
    default:
      return `${where} reported an error (${said}): nothing of this answer was used`;
  }
}
