import { TickwireError } from '../errors.ts';

/** What the system says of an address that cannot be bound, and why for those who do not know the names. */
const REASONS: ReadonlyMap<string, string> = new Map([
  ['EADDRINUSE', 'another program listens there'],
  ['EACCES', 'the system does not let this user bind it (EACCES)'],
]);

/**
 * The error for whoever set the port, if it is the port that the simulated exchange failed on; else the error as it is.
 *
 * @param error may have crossed threads: it counts by its `code`
 */
export function describeListenError(error: Error & { readonly code?: string }, port: number): Error {
  const reason = REASONS.get(error.code ?? '');
  if (reason === undefined) return error;
  const advice = 'Set it to a free port, or to 0 for any.';
  const message = `TICKWIRE_SIMULATE_PORT is ${port}, but ${reason}. ${advice}`;
  return new TickwireError('PORT_IN_USE', message, { cause: error });
}
