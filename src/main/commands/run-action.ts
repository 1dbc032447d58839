import { TickwireError } from '../errors.ts';
import type { CommandContext, RunCommand } from './command.ts';

/**
 * Runs a command whose first word says what it shall do.
 * @throws TickwireError COMMAND_INVALID for a word that is none of them
 */
export async function runAction(
  command: string,
  context: CommandContext,
  actions: Readonly<Record<string, () => Promise<{ readonly run: RunCommand }>>>,
): Promise<number> {
  const [action = '', ...argv] = context.argv;
  const load = Object.hasOwn(actions, action) ? actions[action] : undefined;
  if (load === undefined) {
    const known = Object.keys(actions).map((name) => `tickwire ${command} ${name}`);
    const given = `tickwire ${command} ${action}`.trim();
    throw new TickwireError(
      'COMMAND_INVALID',
      `It must be ${known.join(' or ')}, but was "${given}". See tickwire help.`,
    );
  }
  const module = await load();
  return module.run({ ...context, argv });
}
