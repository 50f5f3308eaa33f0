import * as v from 'valibot';
import type { OpenCtiClient } from './client.ts';
import { OpenCtiError, type OpenCtiFailure } from './errors.ts';

interface Marking {
  readonly id: string;
  readonly definition: string;
}

/** The platform that answered, and what the token can see of it. */
export interface Platform {
  /** The version as the platform writes it. */
  readonly version: string;
  readonly shape: Shape;
  readonly user: { readonly name: string; readonly email: string };
  readonly capabilities: readonly string[];
  /** The markings that the token can see. With few of them the lists are short. */
  readonly markings: readonly Marking[];
  /** Null when the token may not read the settings. */
  readonly platformId: string | null;
  /** The time of the platform's clock when it answered. */
  readonly date: Date | null;
}

/** This query is valid on every version from 5.0 on, so that a version that is too old can be named. */
export const preflightQuery = `query Preflight {
  about { version }
  me { name user_email capabilities { name } allowed_marking { id definition } }
}`;

export const platformIdQuery = 'query PlatformId { settings { id } }';

const preflightSchema = v.object({
  about: v.object({ version: v.string() }),
  me: v.object({
    name: v.string(),
    user_email: v.string(),
    capabilities: v.array(v.object({ name: v.string() })),
    allowed_marking: v.nullish(v.array(v.object({ id: v.string(), definition: v.nullish(v.string()) })), []),
  }),
});

const platformIdSchema = v.object({ settings: v.object({ id: v.string() }) });

/**
 * Returns which platform answers; checks whether a read can succeed.
 * @throws OpenCtiError when the token, its capabilities or the version are not enough.
 */
export async function preflight(client: OpenCtiClient, signal?: AbortSignal): Promise<Platform> {
  const { data, date } = await client.request(preflightQuery, {}, preflightSchema, { signal });
  const { about, me } = data;
  const shape = toShape(about.version);
  const capabilities = me.capabilities.map(({ name }) => name);
  if (!capabilities.some(givesKnowledge)) {
    throw new OpenCtiError(
      'capability',
      `the token's user ${JSON.stringify(me.name)} does not have the capability KNOWLEDGE ("Access knowledge") on ` +
        `${client.url} (it has ${capabilities.join(', ') || 'none'}): give it to a role of that user`,
    );
  }
  return {
    version: about.version,
    shape,
    user: { name: me.name, email: me.user_email },
    capabilities,
    markings: me.allowed_marking.map(({ id, definition }) => ({ id, definition: definition ?? id })),
    platformId: await fetchPlatformId(client, signal),
    date,
  };
}

/** Returns whether a capability gives access: a more special one (`KNOWLEDGE_KNUPDATE`) includes the general one. */
const givesKnowledge = (name: string) => name === 'BYPASS' || /^KNOWLEDGE($|_)/.test(name);

/** Fetches the id of the platform. It is a request of its own, since a refused field makes the whole answer unusable. */
async function fetchPlatformId(client: OpenCtiClient, signal?: AbortSignal): Promise<string | null> {
  try {
    const { data } = await client.request(platformIdQuery, {}, platformIdSchema, { signal });
    return data.settings.id;
  } catch (error) {
    if (error instanceof OpenCtiError && answers.has(error.failure)) return null;
    throw error;
  }
}

/** With these failures the platform has answered, only not with its id: that must not end a run. */
const answers: ReadonlySet<OpenCtiFailure> = new Set(['capability', 'token', 'query', 'server', 'answer']);

/** The form of labels and markings: `edges { node }`, or plain lists from 5.12.24 on. */
export type Shape = 'edges' | 'lists';

const oldest = [5, 12, 0];
const plainListsSince = [5, 12, 24];

/**
 * Returns the shape that a version's API has. Suffixes (`7.260309.0-lts.2`) do not count, and a version that is newer than
 * all known ones counts as the newest known one.
 * @throws OpenCtiError for a version that is older than 5.12.0, and for a text that is no version.
 */
export function toShape(version: string): Shape {
  const match = /^v?(\d+)\.(\d+)(?:\.(\d+))?(?![\d.])/.exec(version.trim());
  if (!match) {
    throw new OpenCtiError(
      'version',
      `OpenCTI gives its version as ${JSON.stringify(version.slice(0, 50))}: that is not a version`,
    );
  }
  const numbers = match.slice(1).map((part) => Number(part ?? 0));
  if (compare(numbers, oldest) < 0) {
    throw new OpenCtiError('version', `OpenCTI ${match[0]} is too old: 5.12.0 or later is needed`);
  }
  return compare(numbers, plainListsSince) < 0 ? 'edges' : 'lists';
}

function compare(a: readonly number[], b: readonly number[]): number {
  const differing = a.findIndex((number, index) => number !== b[index]);
  return differing < 0 ? 0 : (a[differing] ?? 0) - (b[differing] ?? 0);
}
