import { OpenCtiError } from './errors.ts';

/**
 * The GraphQL address below a platform's base URL; a base path stays, query and fragment go.
 * @throws OpenCtiError when it is no http or https URL, or holds a user name or password.
 */
export function toEndpoint(url: string): URL {
  if (!URL.canParse(url)) {
    throw new OpenCtiError('settings', 'opencti.url is not a URL: write it like https://opencti.example.org');
  }
  const endpoint = new URL(url);
  if (endpoint.username || endpoint.password) {
    throw new OpenCtiError(
      'settings',
      'opencti.url holds a user name or password: take it out, the token is enough',
    );
  }
  if (endpoint.protocol !== 'https:' && endpoint.protocol !== 'http:') {
    throw new OpenCtiError('settings', `opencti.url ${url} is neither http:// nor https://`);
  }
  endpoint.search = '';
  endpoint.hash = '';
  const path = endpoint.pathname.replace(/\/+$/, '');
  endpoint.pathname = path.endsWith('/graphql') ? path : `${path}/graphql`;
  return endpoint;
}
