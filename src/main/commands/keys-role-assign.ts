/** `tickwire keys role assign <role>`: gives a role to one key, or to a user. */
import { loadConfig } from '../config.ts';
import { withEntitlements } from '../entitlements/with-entitlements.ts';
import { KEYS_ROLE_ASSIGN } from '../help/key-forms.ts';
import type { RunCommand } from './command.ts';
import { readCommandArguments } from './command-arguments.ts';
import { describeHolder, readRoleHolder } from './role-holder.ts';

export const run: RunCommand = async ({ argv, env, cwd, print }) => {
  const { words, flags, rest } = readCommandArguments(KEYS_ROLE_ASSIGN, argv);
  const { config } = loadConfig({ argv: rest, env, cwd });
  const [role = ''] = words;
  const holder = readRoleHolder(flags, config, cwd);
  withEntitlements(config, cwd, (store) => store.assignRole(role, holder));
  if (flags.json !== undefined) print(JSON.stringify({ ...holder, role }));
  else
    print(`The role of ${describeHolder(holder)} is ${role}. A running engine takes it over within seconds.`);
  return 0;
};
