/** Bytes that are read where they are wanted, so that a large file is in memory once. */
export interface ReadableBytes {
  readonly size: number;
  /** Fills the target with what stands from a place on. @throws when there is less. */
  read(target: Uint8Array, place: number): void;
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
