/** An error with a stable code: one of the server's own (PROTOCOL.md lists them), or one of the client's. */

/** Codes of errors that the client finds by itself. */
export type ClientErrorCode =
  /** An option or argument that cannot work; the message names it. */
  | 'INVALID_OPTION'
  | 'INVALID_INSTRUMENT'
  /** The same instrument and mode is subscribed already, on other terms. */
  | 'CONFLICTING_TERMS'
  /** Somebody else reads this subscription in a loop. */
  | 'ALREADY_READ'
  /** The loop that reads a subscription with `overflow: 'end'` was too slow. */
  | 'READER_TOO_SLOW'
  /** The client was closed by the program. */
  | 'CLOSED'
  /** The connection ended before an answer came. */
  | 'DISCONNECTED'
  /** The server does not have what was asked for: it is no Tickwire, or an older one. */
  | 'FEATURE_MISSING'
  /** A message that cannot be read; the connection is made anew. */
  | 'BAD_MESSAGE'
  /** msgpack was chosen, and the package msgpackr is not there. */
  | 'MSGPACKR_MISSING'
  /** Another connection has presented this one's session (4409). */
  | 'SESSION_TAKEN';

export class TickwireError extends Error {
  /** Stable; what programs decide by. The server's codes, and `ClientErrorCode`. */
  readonly code: string;
  /** Of a refused subscription, `EXCHANGE:SYMBOL`. */
  readonly instrument: string | null;

  constructor(code: string, message: string, instrument: string | null = null) {
    super(message);
    this.name = 'TickwireError';
    this.code = code;
    this.instrument = instrument;
  }
}

/** Throws where nobody can catch it: an error that nobody listens for must not pass unseen. */
export function throwUnheard(error: unknown): void {
  queueMicrotask(() => {
    throw error;
  });
}
