/**
 * What no request needs, and what would cost more than its bytes if it were echoed: deep nesting, which whoever writes or
 * reads the answer follows by recursion, and long binary values, of which JSON makes an object with a key for each byte.
 */

/** Requests of real clients have three. */
export const MAX_NESTING = 32;
export const NESTED_TOO_DEEP = `it is nested deeper than ${MAX_NESTING} levels`;
/** An id may be binary in msgpack. */
const MAX_BINARY_BYTES = 4096;

/** Why a request is refused although it can be decoded, null when it is not. Any thread; never throws. */
export function requestFault(value: unknown, levels = MAX_NESTING): string | null {
  if (typeof value !== 'object' || value === null) return null;
  if (ArrayBuffer.isView(value)) {
    return value.byteLength > MAX_BINARY_BYTES
      ? `a binary value has ${value.byteLength} bytes, the limit is ${MAX_BINARY_BYTES}`
      : null;
  }
  if (levels === 0) return NESTED_TOO_DEEP;
  const members: Iterable<unknown> = value instanceof Set ? value : Object.values(value);
  for (const member of members) {
    const fault = requestFault(member, levels - 1);
    if (fault !== null) return fault;
  }
  return null;
}
