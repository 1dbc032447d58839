/** `no-go` alone keeps an engine from its work; `warn` is what will hurt later, or could not be found out. */
export type Verdict = 'go' | 'warn' | 'no-go';

/** What a check has found of one thing. */
export interface Outcome {
  readonly verdict: Verdict;
  readonly found: string;
  /** What to do; null where there is nothing to do. */
  readonly advice: string | null;
}

export interface Finding extends Outcome {
  /** Name of the check. */
  readonly check: string;
}

export function go(found: string): Outcome {
  return { verdict: 'go', found, advice: null };
}

export function warn(found: string, advice: string): Outcome {
  return { verdict: 'warn', found, advice };
}

export function noGo(found: string, advice: string): Outcome {
  return { verdict: 'no-go', found, advice };
}
