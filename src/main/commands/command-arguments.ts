import { TickwireError } from '../errors.ts';

export interface CommandArguments<F extends string> {
  /** Words before the first flag. */
  readonly words: readonly string[];
  /** Values of the command's own flags; of a flag without value `true`. */
  readonly flags: Readonly<Partial<Record<F, string>>>;
  /** Flags of the configuration, for `loadConfig`. */
  readonly rest: readonly string[];
}

/** What a command takes beside the options of the configuration. */
export interface CommandSyntax<F extends string> {
  /** What the words are, for messages, for example `<broker>`. Each must be given. */
  readonly words: readonly string[];
  /** Own flags, without their hyphens; a `value` flag is written `--flag value` or `--flag=value`. */
  readonly flags: Readonly<Record<F, 'value' | 'switch'>>;
}

/**
 * Takes a command's own words and flags out of its arguments.
 *
 * @throws TickwireError COMMAND_INVALID for a missing word or value, and for one word too many
 */
export function readCommandArguments<F extends string>(
  command: string,
  argv: readonly string[],
  syntax: CommandSyntax<F>,
): CommandArguments<F> {
  const firstFlag = argv.findIndex((word) => word.startsWith('-'));
  const words = firstFlag < 0 ? argv : argv.slice(0, firstFlag);
  if (words.length !== syntax.words.length) {
    const expected = [command, ...syntax.words].join(' ');
    const given = [command, ...words].join(' ');
    throw invalid(`It must be "tickwire ${expected}", flags last, but was "tickwire ${given}".`);
  }
  const flags: Partial<Record<F, string>> = {};
  const rest: string[] = [];
  for (let i = words.length; i < argv.length; i++) {
    const argument = argv[i]!;
    const [, name = '', inline] = /^--([a-z-]+)(?:=(.*))?$/s.exec(argument) ?? [];
    if (!isFlagOf(syntax, name)) rest.push(argument);
    else if (syntax.flags[name] === 'switch') {
      if (inline !== undefined) throw invalid(`--${name} takes no value.`);
      flags[name] = 'true';
    } else {
      const value = inline ?? argv[++i];
      if (!value || (inline === undefined && value.startsWith('--')))
        throw invalid(`--${name} needs a value.`);
      flags[name] = value;
    }
  }
  return { words, flags, rest };
}

function isFlagOf<F extends string>(syntax: CommandSyntax<F>, name: string): name is F {
  return Object.hasOwn(syntax.flags, name);
}

function invalid(message: string): TickwireError {
  return new TickwireError('COMMAND_INVALID', `${message} See tickwire help.`);
}
