/**
 * µs of the machine's monotonic clock, the same in every thread and process of one machine, without a BigInt per look.
 * `performance.now()` runs on that clock from an origin of its own thread; the offset between the two is constant.
 */
const LOOKS = 20;

function offsetUs(): number {
  let best = Number.POSITIVE_INFINITY;
  for (let i = 0; i < LOOKS; i++) {
    const now = performance.now();
    // The second look is later by the time between the two, so the least difference is the truest.
    const difference = Number(process.hrtime.bigint()) / 1000 - now * 1000;
    if (difference < best) best = difference;
  }
  return best;
}

const OFFSET_US = offsetUs();

/** µs since an origin that all processes of this machine share; with a fraction. Any thread; does not allocate. */
export function monotonicUs(): number {
  return performance.now() * 1000 + OFFSET_US;
}
