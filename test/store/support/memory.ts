import { readableBuffer } from '../../../src/store/file.ts';
import type { RecordPlace } from '../../../src/sync/read.ts';

/** What a run leaves for the next one, without a disk. */
export interface RecordMemory extends RecordPlace {
  file: Buffer | null;
}

export function createMemory(): RecordMemory {
  return {
    file: null,
    read(take) {
      return this.file && take(readableBuffer(this.file));
    },
    write(parts) {
      this.file = Buffer.concat([...parts]);
    },
  };
}
