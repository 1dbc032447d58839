import type { ConfigKey } from '../config-options.ts';
import type { ErrorCode } from '../errors.ts';

/** A flag of a command's own, beside the options of the configuration. */
export interface CommandFlag {
  /** What its value is, as the help shows it, for example `<seconds>`; null for a switch. */
  readonly value: string | null;
  readonly doc: string;
}

/**
 * What a command takes and does: the one declaration that its arguments are read by, its help is printed from and the
 * reference is generated from.
 */
export interface CommandForm<F extends string = string> {
  /** Its words on the command line, for example `keys create`. */
  readonly name: string;
  /** One line without a full stop, as a list of commands shows it. */
  readonly summary: string;
  /** What a newcomer has to know, in paragraphs. */
  readonly about: readonly string[];
  /** What stands behind the name, for example `<broker>`. Each must be given; one with `…` at its end may come several times. */
  readonly words: readonly string[];
  /** Without their hyphens. */
  readonly flags: Readonly<Record<F, CommandFlag>>;
  /** Options of the configuration that matter most here; null where it takes none. */
  readonly options: readonly ConfigKey[] | null;
  /** Command lines, each with what it does. */
  readonly examples: readonly (readonly [line: string, what: string])[];
  /** Codes of its errors, beside those that every command has. */
  readonly errors: readonly ErrorCode[];
}

/** Errors that any command may end with. */
export const COMMON_ERRORS: readonly ErrorCode[] = ['COMMAND_INVALID', 'NODE_VERSION'];

/** Errors of a command that reads the configuration. */
export const CONFIG_ERRORS: readonly ErrorCode[] = [
  'CONFIG_INVALID',
  'CONFIG_UNKNOWN_KEY',
  'SECRET_PLACEHOLDER',
];

export const JSON_FLAG: CommandFlag = { value: null, doc: 'Print JSON, for scripts.' };
