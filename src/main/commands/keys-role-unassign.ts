/** `tickwire keys role unassign`: a key has the role of its user again, a user everything. */
import { loadConfig } from '../config.ts';
import { FULL_ROLE } from '../entitlements/role-row.ts';
import { withEntitlements } from '../entitlements/with-entitlements.ts';
import { KEYS_ROLE_UNASSIGN } from '../help/key-forms.ts';
import type { RunCommand } from './command.ts';
import { readCommandArguments } from './command-arguments.ts';
import { describeHolder, readRoleHolder } from './role-holder.ts';

export const run: RunCommand = async ({ argv, env, cwd, print }) => {
  const { flags, rest } = readCommandArguments(KEYS_ROLE_UNASSIGN, argv);
  const { config } = loadConfig({ argv: rest, env, cwd });
  const holder = readRoleHolder(flags, config, cwd);
  withEntitlements(config, cwd, (store) => store.assignRole(null, holder));
  if (flags.json !== undefined) {
    print(JSON.stringify({ ...holder, role: null }));
    return 0;
  }
  const now = 'key' in holder ? 'that of its user' : FULL_ROLE;
  print(`The role of ${describeHolder(holder)} is ${now}. A running engine takes it over within seconds.`);
  return 0;
};
