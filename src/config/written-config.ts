import * as v from 'valibot';
import { hashKinds } from '../observable/kinds.ts';
import { blockSizes, type IdBlocks, leastIds } from '../wazuh/rule-ids.ts';
import { logLevels } from './config.ts';
import { WrittenSelect } from './written-select.ts';
import {
  duration,
  durationOrOff,
  hostName,
  httpUrl,
  httpUrlWithoutUser,
  integer,
  list,
  oneOf,
  onOff,
  percent,
  prefixDigits,
  promFile,
  secret,
  text,
  userName,
} from './written-types.ts';

/** A block of rule ids begins here; the last one of it must keep six digits. */
const firstIdOf = (name: keyof IdBlocks) => integer(leastIds[name], 1_000_000 - blockSizes[name]);

/** The configuration as a person writes it. Every key may be left out; `docs/configuration.md` explains each. */
export const WrittenConfig = v.partial(
  v.strictObject({
    opencti: v.partial(
      v.strictObject({
        url: httpUrlWithoutUser,
        token: secret,
        token_file: text,
        ca_file: text,
        proxy: httpUrl,
        timeout: duration(1_000, 600_000),
        retry_for: duration(0, 3_600_000),
        page_size: integer(1, 5_000),
        max_requests_per_minute: integer(1, 60_000),
        max_duration: durationOrOff(1_000, 86_400_000),
        full_every: duration(0, 2_592_000_000),
        resume_for: durationOrOff(1_000, 86_400_000),
      }),
    ),
    wazuh: v.partial(v.strictObject({ home: text, user: userName, restart: onOff })),
    select: WrittenSelect,
    rules: v.partial(
      v.strictObject({
        first_id: firstIdOf('first'),
        block_id: firstIdOf('block'),
        // Level 1 and 2 are written to no alerts.json by default, so integratord would never see the match.
        level: v.partial(
          v.strictObject({ hash: integer(3, 15), address: integer(3, 15), name: integer(3, 15) }),
        ),
        /** Of the first version; accepted and without effect until the next major one. */
        parents: v.unknown(),
        linux_decoder: oneOf('auto', 'on', 'off'),
      }),
    ),
    gates: v.partial(
      v.strictObject({
        hashes: onOff,
        domains: onOff,
        cidr: onOff,
        prefix: prefixDigits,
        algorithms: list(oneOf(...hashKinds)),
        exact_names: list(hostName),
        first_id: firstIdOf('gates'),
        max_rules: integer(1, 100_000),
        max_bytes: integer(65_536, 2 ** 30),
      }),
    ),
    integration: v.partial(
      v.strictObject({
        timeout: duration(1_000, 60_000),
        cache: durationOrOff(1_000, 86_400_000),
        suppress: durationOrOff(1_000, 86_400_000),
        mail: oneOf('both', 'once'),
      }),
    ),
    guards: v.partial(
      v.strictObject({
        shrink_limit: percent,
        max_entries: integer(1, 50_000_000),
        max_age: duration(600_000, 2_592_000_000),
        min_reload_interval: duration(0, 86_400_000),
      }),
    ),
    metrics: v.partial(v.strictObject({ textfile: promFile })),
    log: v.partial(v.strictObject({ level: oneOf(...logLevels) })),
  }),
);

export type WrittenConfig = v.InferOutput<typeof WrittenConfig>;
