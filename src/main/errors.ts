/**
 * Exit code of errors that another start cannot cure before somebody changes the set-up. It is EX_CONFIG of sysexits.h,
 * so that systemd can be told `RestartPreventExitStatus=78`.
 */
export const CONFIGURATION_EXIT_CODE = 78;
const FAILURE_EXIT_CODE = 1;
/** EX_USAGE: the command line is wrong. */
const USAGE_EXIT_CODE = 64;
/** EX_DATAERR: a file is not what it must be. */
const DATA_EXIT_CODE = 65;
/** EX_TEMPFAIL: later it may work. */
const TRY_LATER_EXIT_CODE = 75;
/** EX_NOPERM: somebody refuses, and will refuse again. */
const REFUSED_EXIT_CODE = 77;

/** Every error code of the control plane with the exit code of a process that ends because of it. */
export const EXIT_CODES = {
  /** A command misses a word or has one too many. */
  COMMAND_INVALID: USAGE_EXIT_CODE,
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
  /** The database is OpenAlgo's own: its logins and instruments are written by OpenAlgo alone. */
  DATABASE_NOT_OURS: CONFIGURATION_EXIT_CODE,
  /** The file of roles and keys cannot be created or written. */
  ENTITLEMENTS_UNWRITABLE: CONFIGURATION_EXIT_CODE,
  /** The file of roles and keys is there but cannot be read, or is another version's. */
  ENTITLEMENTS_UNREADABLE: FAILURE_EXIT_CODE,
  /** A command names a key, role or user that there is not. */
  KEY_UNKNOWN: USAGE_EXIT_CODE,
  ROLE_UNKNOWN: USAGE_EXIT_CODE,
  USER_UNKNOWN: USAGE_EXIT_CODE,
  /** A role cannot be removed while somebody has it. */
  ROLE_IN_USE: USAGE_EXIT_CODE,
  /** A login needs something that was neither configured nor could be asked for. */
  LOGIN_INPUT_MISSING: CONFIGURATION_EXIT_CODE,
  /** The broker refuses client code, PIN, TOTP or API key, or the account is blocked. Not tried again. */
  LOGIN_REFUSED: REFUSED_EXIT_CODE,
  /** The refresh token is no longer taken, or there is none: only a full login helps. */
  LOGIN_SESSION_EXPIRED: REFUSED_EXIT_CODE,
  /** Our own limit of logins, which keeps the account from being locked; or another login is under way. */
  LOGIN_LIMITED: TRY_LATER_EXIT_CODE,
  /** The broker is out of reach, too busy, or answers something that is no answer. */
  LOGIN_UNAVAILABLE: TRY_LATER_EXIT_CODE,
  /** The broker does not understand us: a defect of Tickwire, or a changed interface. */
  LOGIN_FAILED: FAILURE_EXIT_CODE,
  /** The broker's instrument list cannot be fetched. */
  INSTRUMENTS_UNAVAILABLE: TRY_LATER_EXIT_CODE,
  /** The instrument list is something else, say a web page. */
  INSTRUMENTS_NOT_A_LIST: DATA_EXIT_CODE,
  /** The instrument list is `null`, or has no rows. */
  INSTRUMENTS_EMPTY: DATA_EXIT_CODE,
  /** The instrument list ends in the middle. */
  INSTRUMENTS_CUT: DATA_EXIT_CODE,
  /** The instrument list is larger than any list can be. */
  INSTRUMENTS_TOO_LARGE: DATA_EXIT_CODE,
  /** The instrument list has much fewer rows than the one before, of all exchanges or of one. */
  INSTRUMENTS_SHRUNKEN: DATA_EXIT_CODE,
  /** More than one row in a hundred cannot be read. */
  INSTRUMENTS_BAD_ROWS: DATA_EXIT_CODE,
  /** An exchange that every list has is not in this one. */
  INSTRUMENTS_EXCHANGE_MISSING: DATA_EXIT_CODE,
  /** A worker thread could not be started. */
  WORKER_FAILED: FAILURE_EXIT_CODE,
  /** Somebody else listens on a port of ours; it may be our predecessor that is still leaving. */
  PORT_IN_USE: FAILURE_EXIT_CODE,
  /** No engine runs where a command looks for one. */
  ENGINE_NOT_RUNNING: FAILURE_EXIT_CODE,
  /** An engine runs, and takes no commands from this user. */
  CONTROL_DENIED: REFUSED_EXIT_CODE,
  /** Several engines run where a command looks for one. */
  CONTROL_AMBIGUOUS: USAGE_EXIT_CODE,
  /** An engine does not answer a command, or ended before it had carried it out. */
  CONTROL_FAILED: FAILURE_EXIT_CODE,
  /** An engine that has read its configuration once and for all. */
  RELOAD_UNAVAILABLE: FAILURE_EXIT_CODE,
  /** A command that connects as a client has no API key for it. */
  CLIENT_KEY_MISSING: CONFIGURATION_EXIT_CODE,
  /** An engine refuses the API key of such a command. */
  CLIENT_KEY_REFUSED: REFUSED_EXIT_CODE,
  /** An engine refuses everything that such a command asks for. */
  CLIENT_REFUSED: REFUSED_EXIT_CODE,
  /** Such a command cannot connect. */
  ENGINE_UNREACHABLE: TRY_LATER_EXIT_CODE,
  /** There were no ticks, or fewer than wanted, in the time that a command had. */
  TICKS_MISSING: TRY_LATER_EXIT_CODE,
  /** The benchmarks are not in a package. */
  BENCH_MISSING: CONFIGURATION_EXIT_CODE,
  /** A scenario of the benchmarks failed, or a report cannot be read or written. */
  BENCH_FAILED: FAILURE_EXIT_CODE,
  /** `tickwire doctor` has found something that keeps an engine from its work. */
  DOCTOR_NO_GO: FAILURE_EXIT_CODE,
  /** A certificate was changed again while it was taken over. */
  TLS_NOT_RELOADED: FAILURE_EXIT_CODE,
  /** More keys wait for their Argon2 check than memory and time allow. */
  KEY_CHECKS_BUSY: FAILURE_EXIT_CODE,
  /** The key verifier was closed while a key waited for its check. */
  KEY_CHECKS_CLOSED: FAILURE_EXIT_CODE,
  /** A recording that is to be read is not there, is no recording, or has nothing in it to play. */
  RECORDING_UNREADABLE: FAILURE_EXIT_CODE,
  /** A recording cannot be written where it shall be. */
  RECORDING_UNWRITABLE: FAILURE_EXIT_CODE,
  /** A new certificate cannot be written, or would take the place of another one. */
  CERTIFICATE_UNWRITABLE: FAILURE_EXIT_CODE,
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
