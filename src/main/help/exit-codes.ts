/** What the exit codes mean: the one table of help and documents. */
import { EXIT_CODES } from '../errors.ts';
import { COMMON_ERRORS, CONFIG_ERRORS, type CommandForm } from './command-form.ts';

export const EXIT_MEANINGS: Readonly<Record<number, string>> = {
  0: 'done; a command that runs on: stopped in order',
  1: 'failure: see the last line of the log',
  64: 'the command line is wrong: unknown command, a word missing or one too many, a name that there is not',
  65: 'the instrument list is not what it must be; the one before stays',
  75: 'not now: the broker, or the engine, is out of reach or too busy, a limit is reached, or nothing came in time',
  77: "refused, and will be refused again: the broker's login, a client's key or symbols, or the engine is another user's",
  78: 'configuration: another start will not help before something is changed',
};

export interface ExitCode {
  readonly code: number;
  readonly errors: readonly string[];
}

/** The exit codes of a command, each with the codes of the errors that lead to it. */
export function exitCodesOf({ errors, options }: CommandForm): readonly ExitCode[] {
  const all = [...COMMON_ERRORS, ...(options === null ? [] : CONFIG_ERRORS), ...errors];
  const codes = [...new Set(all.map((error) => EXIT_CODES[error]))].sort((a, b) => a - b);
  return [
    { code: 0, errors: [] },
    ...codes.map((code) => ({ code, errors: all.filter((error) => EXIT_CODES[error] === code) })),
  ];
}
