/**
 * Exit code of errors that another start cannot cure before somebody changes the set-up. It is EX_CONFIG of sysexits.h,
 * so that systemd can be told `RestartPreventExitStatus=78`.
 */
export const CONFIGURATION_EXIT_CODE = 78;
const FAILURE_EXIT_CODE = 1;

/** Every error code of the control plane with the exit code of a process that ends because of it. */
export const EXIT_CODES = {
  /** An option has a value that it cannot have. */
  CONFIG_INVALID: CONFIGURATION_EXIT_CODE,
  /** A flag, or a `TICKWIRE_*` key, that no option has. */
  CONFIG_UNKNOWN_KEY: CONFIGURATION_EXIT_CODE,
  /** A secret still holds the text that OpenAlgo's sample file ships with. */
  SECRET_PLACEHOLDER: CONFIGURATION_EXIT_CODE,
  /** Node.js has a version for which the native packages have no binaries. */
  NODE_VERSION: CONFIGURATION_EXIT_CODE,
  /** `DATABASE_URL` names no file. */
  DATABASE_NOT_FOUND: CONFIGURATION_EXIT_CODE,
  /** The embedded database cannot be created or written. */
  DATABASE_UNWRITABLE: CONFIGURATION_EXIT_CODE,
  /** The database file is there but cannot be read, or is no OpenAlgo database. */
  DATABASE_UNREADABLE: FAILURE_EXIT_CODE,
  /** A worker thread could not be started. */
  WORKER_FAILED: FAILURE_EXIT_CODE,
  /** Somebody else listens on a port of ours; it may be our predecessor that is still leaving. */
  PORT_IN_USE: FAILURE_EXIT_CODE,
  /** More keys wait for their Argon2 check than memory and time allow. */
  KEY_CHECKS_BUSY: FAILURE_EXIT_CODE,
  /** The key verifier was closed while a key waited for its check. */
  KEY_CHECKS_CLOSED: FAILURE_EXIT_CODE,
} as const;

export type ErrorCode = keyof typeof EXIT_CODES;

/**
 * An error that somebody can act on: `code` is stable and may be matched, `message` names the offending value and what
 * to do about it, `exitCode` is what a process that ends because of it returns.
 */
export class TickwireError extends Error {
  override readonly name = 'TickwireError';
  readonly code: ErrorCode;
  readonly exitCode: number;

  constructor(code: ErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
    this.exitCode = EXIT_CODES[code];
  }
}
