/** How long a fuzz test runs: as long as its share of what is given to its file, in as many rounds as fit into that. */
import fc from 'fast-check';

/** Seconds for each file; `npm run test:fuzz` sets it. */
export const SECONDS = 'FUZZ_SECONDS';
/** Begins the random numbers there, so that a run can be repeated. */
export const SEED = 'FUZZ_SEED';
/** In the suite, where the whole of it has to stay short. */
const SHORT_SECONDS = 0.6;
/** Rounds between two looks at the clock, so that the seed that a failure names leads to it again. */
const ROUNDS = 100;

/**
 * Tries a property with random input until its time is over: at least one round, and none that is broken off.
 * @param share of the file's time
 */
export async function fuzz<Ts>(property: fc.IRawProperty<Ts>, share = 1): Promise<void> {
  const { [SECONDS]: seconds, [SEED]: given } = process.env;
  const end = performance.now() + Number(seconds ?? SHORT_SECONDS) * 1000 * share;
  // On a busy machine a hundred rounds of a short test would not be short.
  const numRuns = seconds === undefined ? 1 : ROUNDS;
  let seed = Number(given ?? Date.now() % 1_000_000_000);
  do await fc.assert(property, { numRuns, seed: seed++ });
  while (performance.now() < end);
}
