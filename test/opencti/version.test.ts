import { describe, expect, it } from 'vitest';
import { toShape } from '../../src/opencti/platform.ts';
import { catchError } from './support/client.ts';

describe('toShape', () => {
  it.each([
    ['5.12.0', 'edges'],
    ['5.12.9', 'edges'],
    ['5.12.23', 'edges'],
    ['5.12.23-rc1', 'edges'],
    ['5.12', 'edges'],
    ['5.12.24', 'lists'],
    ['5.12.33', 'lists'],
    ['5.13.0', 'lists'],
    ['6.0.0', 'lists'],
    ['6.9.28', 'lists'],
    ['v6.4.11', 'lists'],
    ['7.260318.0', 'lists'],
    ['7.260309.0-lts.2', 'lists'],
    [' 7.260318.0\n', 'lists'],
    ['8.1', 'lists'],
    ['12.300101.0+build.7', 'lists'],
  ])('reads %j as %s', (version, shape) => {
    expect(toShape(version)).toBe(shape);
  });

  it.each(['5.11.14', '5.2.4', '5.0.0', '4.99.99', '3.3.2', '5.11.99-lts.1'])(
    'refuses %s',
    async (version) => {
      const error = await catchError(() => toShape(version));
      expect(error).toMatchObject({ failure: 'version', exitCode: 2 });
      expect(error.message).toMatch(/^OpenCTI \d+\.\d+\.\d+ is too old: 5\.12\.0 or later is needed$/);
    },
  );

  it.each(['', 'latest', '7', '6.9.28.1', 'six.nine'])('cannot read %j', async (version) => {
    const error = await catchError(() => toShape(version));
    expect(error).toMatchObject({ failure: 'version', exitCode: 2 });
    expect(error.message).toBe(`OpenCTI gives its version as "${version}": that is not a version`);
  });
});
