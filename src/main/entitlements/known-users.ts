import type { Config } from '../config-options.ts';
import { openDatabase } from '../database/open-database.ts';
import { TickwireError } from '../errors.ts';

/** Users that a message has room for. */
const MAX_NAMED = 10;

/** The users that the database has a key or a broker session of. */
export function knownUsers(
  config: Pick<Config, 'databaseUrl' | 'apiKeyPepper' | 'fernetSalt'>,
  cwd: string,
): readonly string[] {
  const database = openDatabase(config, cwd);
  try {
    const rows = database.db
      .prepare('SELECT user_id AS name FROM api_keys UNION SELECT name FROM auth')
      .all();
    return rows.map(({ name }) => String(name));
  } finally {
    database.close();
  }
}

/** @throws TickwireError USER_UNKNOWN: a key of a user without a broker session would never bring a tick */
export function needUser(user: string, users: readonly string[]): void {
  if (users.includes(user)) return;
  const named = users.slice(0, MAX_NAMED).join(', ');
  const there = users.length === 0 ? 'none' : users.length > MAX_NAMED ? `${named} and others` : named;
  throw new TickwireError('USER_UNKNOWN', `There is no user "${user}" in the database; there is ${there}.`);
}
