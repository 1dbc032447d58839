/** How the time of a run is dealt out. */

export interface TimePlan {
  readonly rounds: number;
  /** Of one measured stretch. */
  readonly seconds: number;
  /**
   * Every attack has an undisturbed stretch of its own in each round, and one in which the neighbour is attacked; else the
   * undisturbed one at the beginning is everybody's, and the neighbour is left alone.
   */
  readonly isPaired: boolean;
}

/** Two engines, the clients and the load, and their warm-up. */
const SCENE_SECONDS = 5;
/** What a stretch takes beside its measured time: lead-in, tail, and what is looked at afterwards. */
const OVERHEAD_SECONDS = 1.1;
const LEAST_SECONDS = 0.4;
/** Shorter ones tell nothing of a 99th percentile. */
const PAIRED_SECONDS = 1.5;
const MOST_ROUNDS = 3;
/** Undisturbed, the neighbour attacked, attacked. */
const STRETCHES = 3;

export function planTime(seconds: number, attacks: number, scenes: number): TimePlan {
  const each = (seconds - scenes * SCENE_SECONDS) / attacks;
  const roundSeconds = STRETCHES * (PAIRED_SECONDS + OVERHEAD_SECONDS);
  if (each < roundSeconds) {
    return { rounds: 1, seconds: Math.max(LEAST_SECONDS, each - OVERHEAD_SECONDS), isPaired: false };
  }
  // Some rounds, since what the machine does by itself changes from one to the next; then longer ones, in which the
  // beginning of an attack is not all there is of it.
  const rounds = Math.min(MOST_ROUNDS, Math.floor(each / roundSeconds));
  return { rounds, seconds: each / rounds / STRETCHES - OVERHEAD_SECONDS, isPaired: true };
}
