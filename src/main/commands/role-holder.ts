import type { Config } from '../config-options.ts';
import type { RoleHolder } from '../entitlements/entitlement-store.ts';
import { knownUsers, needUser } from '../entitlements/known-users.ts';
import { TickwireError } from '../errors.ts';
import { ownKeyArgument } from './own-key-argument.ts';

/** @throws TickwireError COMMAND_INVALID unless one of the two is given, USER_UNKNOWN */
export function readRoleHolder(
  { key, user }: { readonly key?: string; readonly user?: string },
  config: Config,
  cwd: string,
): RoleHolder {
  if ((key === undefined) === (user === undefined)) {
    throw new TickwireError(
      'COMMAND_INVALID',
      "It must be either --key <id>, or --user <name> for OpenAlgo's key of a user and all keys without a role of their own.",
    );
  }
  if (key !== undefined) return { key: ownKeyArgument(key) };
  needUser(user!, knownUsers(config, cwd));
  return { user: user! };
}

export function describeHolder(holder: RoleHolder): string {
  return 'key' in holder ? `key ${holder.key}` : `user ${holder.user}`;
}
