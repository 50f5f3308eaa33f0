type Growable = Uint8Array | Uint16Array | Int32Array | Uint32Array | Float64Array;

/**
 * The same array while it has room for `length` elements, else one of twice the room with the same beginning. The
 * system gives memory to pages that are written to, so unused room costs nothing.
 */
export function grown<A extends Growable>(array: A, length: number): A {
  if (length <= array.length) return array;
  const Typed = array.constructor as new (length: number) => A;
  const larger = new Typed(Math.max(length, array.length * 2));
  larger.set(array);
  return larger;
}
