import { KnownError } from '../../errors.ts';
import { type Platform, preflight } from '../../opencti/platform.ts';
import { connect } from '../../sync/connect.ts';
import { createProgress } from '../../sync/progress.ts';
import { toPage } from '../../text.ts';
import { type CheckLine, fail, ok, type Site, warn } from './site.ts';

const subject = 'OpenCTI';

/** Checks that the platform answers, which version it has, and what the token may read. */
export async function checkOpenCti({ config }: Site): Promise<readonly CheckLine[]> {
  // A person waits for the result, so a platform that is down is reported at once.
  const opencti = { ...config.opencti, retryFor: 0 };
  try {
    const client = connect(opencti, createProgress({ write: () => true }), undefined);
    try {
      return toLines(await preflight(client), client.url);
    } finally {
      client.close();
    }
  } catch (error) {
    if (!(error instanceof KnownError)) throw error;
    return [fail(subject, error.message, `look the message up in ${toPage('messages.md')}`)];
  }
}

function toLines(platform: Platform, url: string): CheckLine[] {
  const { version, user, capabilities, markings } = platform;
  const sees = markings.map(({ definition }) => definition).join(', ');
  const lines = [
    ok(subject, `version ${version} answers at ${url}`),
    sees === ''
      ? warn(
          'rights',
          `the token of ${JSON.stringify(user.name)} may see no marking: objects with one are never read`,
          'give the groups of that user the markings that the lists should have',
        )
      : ok('rights', `the token of ${JSON.stringify(user.name)} may see the markings ${sees}`),
  ];
  if (capabilities.includes('BYPASS'))
    lines.push(
      warn(
        'rights',
        `${JSON.stringify(user.name)} is an administrator (BYPASS)`,
        'make a user that has "Access knowledge" alone: then a stolen token can do no more',
      ),
    );
  return [...lines, checkTls(url)];
}

function checkTls(url: string): CheckLine {
  const { protocol, hostname } = new URL(url);
  if (protocol === 'https:') return ok('TLS', 'the certificate of the platform is trusted');
  if (/^(?:localhost|127\.[\d.]+|\[::1\])$/.test(hostname))
    return ok('TLS', 'none is needed: the platform is on this machine');
  return warn(
    'TLS',
    `the token is sent over the network without encryption (${url})`,
    'give opencti.url as https://',
  );
}
