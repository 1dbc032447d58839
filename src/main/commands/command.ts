/** What the command line hands to a command. A command is a file of this folder and a row in `command-table.ts`. */
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

export interface Command {
  readonly name: string;
  /** Words and flags of its own, as the help text shows them behind the name. */
  readonly usage: string;
  readonly summary: string;
  /** Loads the file that runs it; what other commands need is not loaded. */
  readonly load: () => Promise<{ readonly run: RunCommand }>;
}
