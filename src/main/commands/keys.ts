/** `tickwire keys …`: one file for each of its words. */
import { TickwireError } from '../errors.ts';
import type { RunCommand } from './command.ts';

const ACTIONS: Readonly<Record<string, () => Promise<{ readonly run: RunCommand }>>> = {
  curve: () => import('./keys-curve.ts'),
};

export const run: RunCommand = async (context) => {
  const [action = '', ...argv] = context.argv;
  const load = Object.hasOwn(ACTIONS, action) ? ACTIONS[action] : undefined;
  if (load === undefined) {
    const known = Object.keys(ACTIONS).map((name) => `tickwire keys ${name}`);
    const given = `tickwire keys ${action}`.trim();
    throw new TickwireError(
      'COMMAND_INVALID',
      `It must be ${known.join(' or ')}, but was "${given}". See tickwire help.`,
    );
  }
  const module = await load();
  return module.run({ ...context, argv });
};
