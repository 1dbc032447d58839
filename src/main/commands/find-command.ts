import { nearestName } from '../config/nearest-name.ts';
import { TickwireError } from '../errors.ts';
import type { Command } from './command.ts';
import { COMMAND_GROUPS } from './command-table.ts';

const COMMANDS = COMMAND_GROUPS.flatMap(({ commands }) => commands);

export interface FoundCommand {
  readonly command: Command;
  /** What stands behind its name. */
  readonly argv: readonly string[];
}

/**
 * The command that a command line names, as far as its words go: `keys role` is found as well as `keys role list`.
 *
 * @throws TickwireError COMMAND_INVALID for a word that is no command, with the nearest one
 */
export function findCommand(argv: readonly string[]): FoundCommand {
  const [name = '', ...rest] = argv;
  let command = named(COMMANDS, name);
  if (command === undefined) throw unknown(`There is no command "${name}".`, COMMANDS, name, 'tickwire help');
  let [word, ...behind] = rest;
  while (command.actions.length > 0 && word !== undefined && !word.startsWith('-')) {
    const action = named(command.actions, word);
    if (action === undefined) {
      const { name: family } = command.form;
      const known = command.actions.map(({ form }) => form.name).join(', tickwire ');
      const message = `There is no "tickwire ${family} ${word}"; there is tickwire ${known}.`;
      throw unknown(message, command.actions, word, `tickwire ${family} --help`);
    }
    command = action;
    [word, ...behind] = behind;
  }
  return { command, argv: word === undefined ? [] : [word, ...behind] };
}

/** The refusal of a family's name alone. */
export function needAction({ form, actions }: Command): TickwireError {
  const known = actions.map((action) => `tickwire ${action.form.name}`).join(', ');
  return new TickwireError(
    'COMMAND_INVALID',
    `tickwire ${form.name} needs one more word: ${known}. See tickwire ${form.name} --help.`,
  );
}

/** The word of a command behind those of its family. */
function lastWord({ form }: Command): string {
  return form.name.slice(form.name.lastIndexOf(' ') + 1);
}

function named(commands: readonly Command[], word: string): Command | undefined {
  return commands.find((command) => lastWord(command) === word);
}

function unknown(message: string, among: readonly Command[], word: string, help: string): TickwireError {
  const nearest = nearestName(word, among.map(lastWord));
  const meant = nearest === undefined ? '' : ` Did you mean ${nearest}?`;
  return new TickwireError('COMMAND_INVALID', `${message}${meant} See ${help}.`);
}
