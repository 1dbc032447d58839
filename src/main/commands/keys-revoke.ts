/** `tickwire keys revoke <id>`: the key is good no more, and its connections end. */
import { loadConfig } from '../config.ts';
import { withEntitlements } from '../entitlements/with-entitlements.ts';
import { KEYS_REVOKE } from '../help/key-forms.ts';
import type { RunCommand } from './command.ts';
import { readCommandArguments } from './command-arguments.ts';
import { ownKeyArgument } from './own-key-argument.ts';

export const run: RunCommand = async ({ argv, env, cwd, print }) => {
  const { words, flags, rest } = readCommandArguments(KEYS_REVOKE, argv);
  const { config } = loadConfig({ argv: rest, env, cwd });
  const id = ownKeyArgument(words[0] ?? '');
  const { user, revoked } = withEntitlements(config, cwd, (store) => store.revokeKey(id));
  if (flags.json !== undefined) print(JSON.stringify({ id, user, revoked }));
  else
    print(
      `Key ${id} of ${user} was revoked at ${revoked}. A running engine ends its connections within seconds.`,
    );
  return 0;
};
