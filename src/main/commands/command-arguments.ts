import { nearestName } from '../config/nearest-name.ts';
import { CONFIG_KEYS, CONFIG_OPTIONS } from '../config-options.ts';
import { TickwireError } from '../errors.ts';
import type { CommandForm } from '../help/command-form.ts';

export interface CommandArguments<F extends string> {
  /** Words before the first flag. */
  readonly words: readonly string[];
  /** Values of the command's own flags; of a flag without value `true`. */
  readonly flags: Readonly<Partial<Record<F, string>>>;
  /** Flags of the configuration, for `loadConfig`; empty for a command that takes none. */
  readonly rest: readonly string[];
}

/** What of a command's form its arguments are read by. */
export type CommandSyntax<F extends string> = Pick<CommandForm<F>, 'name' | 'words' | 'flags' | 'options'>;

/**
 * Takes a command's own words and flags out of its arguments. A flag with a value is written `--flag value` or
 * `--flag=value`.
 *
 * @throws TickwireError COMMAND_INVALID for a missing word or value, for one word too many, and for any other flag where the
 *   command takes no options of the configuration; CONFIG_UNKNOWN_KEY for a flag that is like one of its own
 */
export function readCommandArguments<F extends string>(
  syntax: CommandSyntax<F>,
  argv: readonly string[],
): CommandArguments<F> {
  const firstFlag = argv.findIndex((word) => word.startsWith('-') && word !== '-');
  const words = firstFlag < 0 ? argv : argv.slice(0, firstFlag);
  if (!fits(words, syntax.words)) {
    const expected = [syntax.name, ...syntax.words].join(' ');
    const given = [syntax.name, ...words].join(' ');
    throw invalid(syntax, `It must be "tickwire ${expected}", flags last, but was "tickwire ${given}".`);
  }
  const flags: Partial<Record<F, string>> = {};
  const rest: string[] = [];
  for (let i = words.length; i < argv.length; i++) {
    const argument = argv[i]!;
    const [, name = '', inline] = /^--([a-z-]+)(?:=(.*))?$/s.exec(argument) ?? [];
    if (!isFlagOf(syntax, name)) {
      refuseMistyped(syntax, argument, name);
      rest.push(argument);
    } else if (syntax.flags[name].value === null) {
      if (inline !== undefined) throw invalid(syntax, `--${name} takes no value.`);
      flags[name] = 'true';
    } else {
      const value = inline ?? argv[++i];
      if (!value || (inline === undefined && value.startsWith('--'))) {
        throw invalid(syntax, `--${name} needs a value.`);
      }
      flags[name] = value;
    }
  }
  return { words, flags, rest };
}

function fits(words: readonly string[], expected: readonly string[]): boolean {
  if (expected.at(-1)?.endsWith('…')) return words.length >= expected.length;
  return words.length === expected.length;
}

function isFlagOf<F extends string>(syntax: CommandSyntax<F>, name: string): name is F {
  return Object.hasOwn(syntax.flags, name);
}

/** The configuration knows its own options only, and would suggest the nearest of those. */
function refuseMistyped(syntax: CommandSyntax<string>, argument: string, name: string): void {
  const own = Object.keys(syntax.flags);
  if (syntax.options === null) {
    const has = own.length === 0 ? 'no flags' : own.map((flag) => `--${flag}`).join(', ');
    throw invalid(syntax, `tickwire ${syntax.name} does not take "${argument}"; it has ${has}.`);
  }
  const options = CONFIG_KEYS.map((key) => CONFIG_OPTIONS[key].flag);
  if (name === '' || options.includes(name.replace(/^no-/, ''))) return;
  const nearest = nearestName(name, [...own, ...options]);
  if (nearest === undefined || !own.includes(nearest)) return;
  throw new TickwireError('CONFIG_UNKNOWN_KEY', `Unknown option --${name}. Did you mean --${nearest}?`);
}

function invalid({ name }: CommandSyntax<string>, message: string): TickwireError {
  return new TickwireError('COMMAND_INVALID', `${message} See tickwire ${name} --help.`);
}
