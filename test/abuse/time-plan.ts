/** How the time of a run is dealt out. */

export interface TimePlan {
  readonly rounds: number;
  /** Of one measured stretch. */
  readonly seconds: number;
  /** Every attack has an undisturbed stretch of its own in each round; else the one at the beginning is everybody's. */
  readonly isPaired: boolean;
}

/** An engine, its clients and the load, and their warm-up. */
const SCENE_SECONDS = 4;
/** What a stretch takes beside its measured time: lead-in, tail, and what is looked at afterwards. */
const OVERHEAD_SECONDS = 1.1;
const LEAST_SECONDS = 0.4;
/** Shorter ones tell nothing of a 99th percentile. */
const PAIRED_SECONDS = 1.5;
const MOST_ROUNDS = 5;

export function planTime(seconds: number, attacks: number, scenes: number): TimePlan {
  const each = (seconds - scenes * SCENE_SECONDS) / attacks;
  const pairSeconds = 2 * (PAIRED_SECONDS + OVERHEAD_SECONDS);
  if (each < pairSeconds) {
    return { rounds: 1, seconds: Math.max(LEAST_SECONDS, each - OVERHEAD_SECONDS), isPaired: false };
  }
  // More rounds before longer ones: what the machine does by itself changes from one to the next.
  const rounds = Math.min(MOST_ROUNDS, Math.floor(each / pairSeconds));
  return { rounds, seconds: each / rounds / 2 - OVERHEAD_SECONDS, isPaired: true };
}
