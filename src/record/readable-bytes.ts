import { fstatSync, readSync } from 'node:fs';

/** Bytes that are read where they are wanted, so that a large file is in memory once. */
export interface ReadableBytes {
  readonly size: number;
  /** Fills the target with what stands from a place on. @throws when there is less. */
  read(target: Uint8Array, place: number): void;
}

/** @param descriptor of a plain file; the caller closes it. */
export function readableFile(descriptor: number): ReadableBytes {
  return {
    size: fstatSync(descriptor).size,
    read(target, place) {
      for (let done = 0; done < target.length; ) {
        const count = readSync(descriptor, target, done, target.length - done, place + done);
        if (count === 0) throw new RangeError('the file ends before what is wanted of it');
        done += count;
      }
    },
  };
}

export function readableBuffer(bytes: Uint8Array): ReadableBytes {
  return {
    size: bytes.length,
    read(target, place) {
      if (place + target.length > bytes.length) throw new RangeError('there are fewer bytes');
      target.set(bytes.subarray(place, place + target.length));
    },
  };
}
