import type { ReadLogPlace } from '../../../src/commands/keep-pages.ts';
import type { RecordPlace } from '../../../src/commands/read-with-record.ts';
import { readableBuffer } from '../../../src/record/readable-bytes.ts';

/** What a run leaves for the next one, without a disk. */
export interface RecordMemory extends RecordPlace {
  file: Buffer | null;
  readonly log: ReadLogPlace & { file: Buffer | null };
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
    log: {
      file: null,
      read() {
        return this.file && Buffer.from(this.file);
      },
      begin(kept) {
        this.file = (this.file ?? Buffer.alloc(0)).subarray(0, kept);
        return {
          append: (bytes) => {
            this.file = Buffer.concat([this.file ?? Buffer.alloc(0), bytes]);
          },
          close() {},
        };
      },
      remove() {
        this.file = null;
      },
    },
  };
}
