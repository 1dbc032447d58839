/** `tickwire keys role list`: the roles, what each allows, and who has it. */
import { loadConfig } from '../config.ts';
import { describeRights } from '../entitlements/describe-rights.ts';
import { readEntitlements } from '../entitlements/read-entitlements.ts';
import { KEYS_ROLE_LIST } from '../help/key-forms.ts';
import type { RunCommand } from './command.ts';
import { readCommandArguments } from './command-arguments.ts';
import { formatTable } from './format-table.ts';

export const run: RunCommand = async ({ argv, env, cwd, print }) => {
  const { flags, rest } = readCommandArguments(KEYS_ROLE_LIST, argv);
  const { config } = loadConfig({ argv: rest, env, cwd });
  const { roles, keys, users } = readEntitlements(config, cwd);
  const list = [...roles.values()].map((rights) => ({
    ...rights,
    keys: [...keys.values()]
      .filter(({ role, revoked }) => role === rights.role && revoked === null)
      .map(({ id }) => id),
    users: [...users].filter(([, role]) => role === rights.role).map(([user]) => user),
  }));
  if (flags.json !== undefined) {
    print(JSON.stringify(list));
    return 0;
  }
  const rows = list.map((each) => [
    each.role,
    each.users.join(' '),
    each.keys.join(' '),
    describeRights(each),
  ]);
  for (const line of formatTable(['role', 'users', 'keys', 'allows'], rows)) print(line);
  return 0;
};
