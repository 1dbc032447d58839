/** How long a fuzz test runs: as long as its share of what is given to its file, and as many rounds as fit into that. */

/** Seconds for each file; `npm run test:fuzz` sets it. */
export const SECONDS = 'FUZZ_SECONDS';
/** Begins the random numbers there, so that a run can be repeated. */
export const SEED = 'FUZZ_SEED';
/** In the suite, where the whole of it has to stay short. */
const SHORT_SECONDS = 0.6;

export interface FuzzParameters {
  readonly numRuns: number;
  readonly interruptAfterTimeLimit: number;
  readonly seed?: number;
}

/** @param share of the file's time */
export function fuzzBudget(share = 1): FuzzParameters {
  const { [SECONDS]: seconds, [SEED]: seed } = process.env;
  return {
    numRuns: Number.POSITIVE_INFINITY,
    interruptAfterTimeLimit: Number(seconds ?? SHORT_SECONDS) * 1000 * share,
    ...(seed !== undefined && { seed: Number(seed) }),
  };
}
