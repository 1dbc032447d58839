/** `tickwire keys list`: the keys that there are, OpenAlgo's own among them, and what role each has. */
import { loadConfig } from '../config.ts';
import { openAlgoKeyId } from '../entitlements/entitlement-book.ts';
import { knownUsers } from '../entitlements/known-users.ts';
import { readEntitlements } from '../entitlements/read-entitlements.ts';
import { FULL_ROLE } from '../entitlements/role-row.ts';
import { KEYS_LIST } from '../help/key-forms.ts';
import type { RunCommand } from './command.ts';
import { readCommandArguments } from './command-arguments.ts';
import { formatTable } from './format-table.ts';

export const run: RunCommand = async ({ argv, env, cwd, print }) => {
  const { flags, rest } = readCommandArguments(KEYS_LIST, argv);
  const { config } = loadConfig({ argv: rest, env, cwd });
  const book = readEntitlements(config, cwd);
  const roleOf = (user: string) => book.users.get(user) ?? FULL_ROLE;
  const ofOpenAlgo = knownUsers(config, cwd).map((user) => ({
    id: openAlgoKeyId(user),
    user,
    name: "OpenAlgo's key",
    role: roleOf(user),
    created: null,
    revoked: null,
  }));
  const own = [...book.keys.values()].map(({ id, user, name, role, created, revoked }) => ({
    id,
    user,
    name,
    role: role ?? roleOf(user),
    created,
    revoked,
  }));
  const keys = [...ofOpenAlgo, ...own];
  if (flags.json !== undefined) {
    print(JSON.stringify(keys));
    return 0;
  }
  const rows = keys.map(({ id, user, name, role, created, revoked }) => [
    id,
    user,
    role,
    revoked === null ? 'good' : `revoked ${revoked}`,
    created ?? '',
    name,
  ]);
  for (const line of formatTable(['id', 'user', 'role', 'state', 'created', 'name'], rows)) print(line);
  return 0;
};
