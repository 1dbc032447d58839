/** `tickwire keys role remove <role>`: for a role that nobody has any more. */
import { loadConfig } from '../config.ts';
import { FULL_ROLE } from '../entitlements/role-row.ts';
import { withEntitlements } from '../entitlements/with-entitlements.ts';
import { TickwireError } from '../errors.ts';
import { KEYS_ROLE_REMOVE } from '../help/key-forms.ts';
import type { RunCommand } from './command.ts';
import { readCommandArguments } from './command-arguments.ts';

export const run: RunCommand = async ({ argv, env, cwd, print }) => {
  const { words, flags, rest } = readCommandArguments(KEYS_ROLE_REMOVE, argv);
  const { config } = loadConfig({ argv: rest, env, cwd });
  const [role = ''] = words;
  if (role === FULL_ROLE) {
    throw new TickwireError(
      'COMMAND_INVALID',
      `The role ${FULL_ROLE} is that of whoever has none; it stays.`,
    );
  }
  withEntitlements(config, cwd, (store) => store.removeRole(role));
  if (flags.json !== undefined) print(JSON.stringify({ removed: role }));
  else print(`There is no role ${role} any more.`);
  return 0;
};
