import type { CommandForm } from '../help/command-form.ts';

/** What the command line hands to a command. A command is a file of this folder, a form in `help/`, and a row in `command-table.ts`. */
export interface CommandContext {
  /** What stood behind the command's name. */
  readonly argv: readonly string[];
  readonly cwd: string;
  readonly env: NodeJS.ProcessEnv;
  /** The CLI's entry file, for a command that starts itself in another process. */
  readonly script: string;
  readonly print: (line: string) => void;
  readonly printError: (line: string) => void;
}

/** Runs a command to its end. @returns the exit code */
export type RunCommand = (context: CommandContext) => Promise<number>;

/** A command, or a word in front of several of them. */
export interface Command {
  readonly form: CommandForm;
  /** Loads the file that runs it; what other commands need is not loaded. Null where one of `actions` has to follow. */
  readonly load: (() => Promise<{ readonly run: RunCommand }>) | null;
  readonly actions: readonly Command[];
}

/** Commands that a newcomer looks for in the same place. */
export interface CommandGroup {
  readonly title: string;
  readonly commands: readonly Command[];
}
