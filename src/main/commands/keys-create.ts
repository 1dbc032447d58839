/** `tickwire keys create`: a key of Tickwire's own for an OpenAlgo user, beside the one that OpenAlgo gave out. */
import { loadConfig } from '../config.ts';
import { knownUsers, needUser } from '../entitlements/known-users.ts';
import { withEntitlements } from '../entitlements/with-entitlements.ts';
import { TickwireError } from '../errors.ts';
import { KEYS_CREATE } from '../help/key-forms.ts';
import type { RunCommand } from './command.ts';
import { readCommandArguments } from './command-arguments.ts';

const MAX_LABEL_LENGTH = 100;

export const run: RunCommand = async ({ argv, env, cwd, print }) => {
  const { flags, rest } = readCommandArguments(KEYS_CREATE, argv);
  const { config } = loadConfig({ argv: rest, env, cwd });
  const { user, role = null, name = '' } = flags;
  const users = knownUsers(config, cwd);
  if (user === undefined) {
    throw new TickwireError(
      'COMMAND_INVALID',
      `tickwire keys create needs --user: whose broker session the key uses. Users are ${users.join(', ')}.`,
    );
  }
  needUser(user, users);
  if (name.length > MAX_LABEL_LENGTH) {
    throw new TickwireError(
      'COMMAND_INVALID',
      `--name has ${name.length} characters, the limit is ${MAX_LABEL_LENGTH}.`,
    );
  }
  const { key, stored } = withEntitlements(config, cwd, (store) => store.createKey({ user, role, name }));
  const { id, created } = stored;
  if (flags.json !== undefined) {
    print(JSON.stringify({ id, key, user, name, role, created }));
    return 0;
  }
  print(key);
  const whatRole = role === null ? `the role of ${user}` : `role ${role}`;
  print(`This is key ${id} of ${user}, with ${whatRole}. It is shown this once and stored nowhere.`);
  return 0;
};
