import * as v from 'valibot';
import { isSkip } from '../observable/skip.ts';
import { toName } from '../observable/to-name.ts';

/** The types of values in the written configuration. Each message completes "<key>: <value> ...". */

export const text = v.pipe(v.string('is not text'), v.nonEmpty('is empty'));

/** A host name in its normal form, or a problem. */
export const hostName = v.pipe(
  v.string('is not text'),
  v.check((value) => !isSkip(toName(value)), 'is not the name of a host or domain'),
  v.transform(normalName),
);

function normalName(text: string): string {
  const name = toName(text);
  return isSkip(name) ? text : name.value;
}

const noUser = 'is neither the name nor the number of a user';

/** An account, by name or number. */
export const userName = v.pipe(
  v.union([v.string(), v.number()], noUser),
  v.transform(String),
  v.regex(/^[a-z_][a-z0-9_-]{0,31}$|^\d{1,9}$/i, noUser),
);

/** The value is never quoted in a message: see `problemsOf`. */
export const secret = v.pipe(
  v.string('is not text (put it in quotes)'),
  v.regex(/^[\x21-\x7e]+$/, 'is empty or holds a blank, a line break or a character outside of ASCII'),
);

/** YAML 1.2 reads `on` as text. */
export const onOff = v.pipe(
  v.union([v.picklist(['on', 'off']), v.boolean()], 'is neither on nor off'),
  v.transform((value) => value === 'on' || value === true),
);

export function integer(least: number, most: number) {
  const message = `is not a whole number from ${least.toLocaleString('en')} to ${most.toLocaleString('en')}`;
  return v.pipe(v.number(message), v.integer(message), v.minValue(least, message), v.maxValue(most, message));
}

export function oneOf<const Options extends readonly string[]>(...options: Options) {
  return v.picklist(options, `is not one of: ${options.join(', ')}`);
}

export function list<const Item extends v.GenericSchema>(item: Item) {
  return v.array(item, 'is not a list');
}

export const httpUrl = v.pipe(
  v.string('is not a URL'),
  v.check((value) => /^https?:$/.test(parseUrl(value)?.protocol ?? ''), 'is not an http:// or https:// URL'),
);

/** A password in it would end up in a manifest. */
export const httpUrlWithoutUser = v.pipe(
  httpUrl,
  v.check(
    (value) => !parseUrl(value)?.username && !parseUrl(value)?.password,
    'carries a user name or a password',
  ),
);

function parseUrl(value: string): URL | null {
  return URL.canParse(value) ? new URL(value) : null;
}

const units = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 };

/** `90s`, `10m`, `26h`; gives milliseconds. */
export function duration(least: number, most: number) {
  const message = `is not a time from ${least / 1000}s to ${most / 1000}s, such as 90s, 10m or 26h`;
  return v.pipe(
    v.string(message),
    v.regex(/^\d{1,9}(?:ms|s|m|h|d)$/, message),
    v.transform(
      (value) => Number.parseInt(value, 10) * units[value.replace(/\d+/, '') as keyof typeof units],
    ),
    v.minValue(least, message),
    v.maxValue(most, message),
  );
}

/** `50 %`, `50%` or `50`; gives 50. */
export const percent = v.pipe(
  v.union([v.string(), v.number()], 'is not a share from 0 % to 100 %'),
  v.transform(String),
  v.regex(/^(?:\d{1,2}|100) ?%?$/, 'is not a share from 0 % to 100 %, such as 50 %'),
  v.transform((value) => Number.parseInt(value, 10)),
);

/** The node exporter reads files of this name only. */
export const promFile = v.pipe(text, v.regex(/^\/.*\.prom$/, 'is not an absolute path that ends in .prom'));

/** A time, or null: switched off. */
export function durationOrOff(least: number, most: number) {
  const off = v.pipe(
    v.union([v.literal('off'), v.literal(false)]),
    v.transform(() => null),
  );
  const message = `is neither off nor a time from ${least / 1000}s to ${most / 1000}s, such as 90s, 10m or 26h`;
  return v.union([off, duration(least, most)], message);
}

const prefixProblem = 'is neither auto nor a whole number from 12 to 64';

/** How many digits of a hash a gate compares: a number, or `auto`, which is null here. */
export const prefixDigits = v.pipe(
  v.union([v.literal('auto'), v.number()], prefixProblem),
  v.check((written) => written === 'auto' || v.is(integer(12, 64), written), prefixProblem),
  v.transform((written) => (written === 'auto' ? null : written)),
);
