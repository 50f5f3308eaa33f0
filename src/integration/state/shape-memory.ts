import { join } from 'node:path';
import type { Shape } from '../../opencti/version.ts';
import { isJsonObject } from '../json.ts';
import { readState, tryState, writeState } from './folder.ts';

interface Remembered {
  readonly url: string;
  readonly shape: Shape;
}

function isRemembered(value: unknown): value is Remembered {
  return (
    isJsonObject(value) &&
    typeof value.url === 'string' &&
    (value.shape === 'edges' || value.shape === 'lists')
  );
}

/** The shape that the platform's schema had at the last run; of one not seen before, that of today's releases. */
export function recallShape(folder: string, url: string): Shape {
  const remembered = readState(join(folder, 'platform.json'), isRemembered);
  return remembered?.url === url ? remembered.shape : 'lists';
}

export function rememberShape(folder: string, url: string, shape: Shape): void {
  tryState(() =>
    writeState(join(folder, 'platform.json'), JSON.stringify({ url, shape } satisfies Remembered)),
  );
}
