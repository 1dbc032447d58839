/** Whether anybody could authenticate, and whether pepper and salt are those that the keys were stored with. */
import { KeyTable } from '../auth/key-table.ts';
import { readEntitlements } from '../entitlements/read-entitlements.ts';
import type { RunCheck } from './check.ts';
import { go, noGo, warn } from './finding.ts';
import { openedDatabase } from './opened-database.ts';

const RIGHT_SECRETS =
  'Copy API_KEY_PEPPER and FERNET_SALT from the .env of the OpenAlgo that writes this database, both as they stand there.';

export const check: RunCheck = async (context) => {
  const { config, cwd } = context;
  const opened = await openedDatabase(context, 'the API keys');
  if ('outcome' in opened) return [opened.outcome];
  if (opened.database === null) return [go('the first start makes the demo key')];
  const { db, fernet, demoKey } = opened.database;
  const stored = new KeyTable(db, fernet).read().keys;
  const own = [...readEntitlements(config, cwd).keys.values()].filter(({ revoked }) => revoked === null);
  const unreadable = stored.filter(({ digest }) => digest === null).length;
  if (stored.length === 0 && own.length === 0) {
    return [
      noGo(
        'there is no API key: no client can authenticate',
        "Make one on OpenAlgo's page for API keys, or with tickwire keys create --user <name>.",
      ),
    ];
  }
  if (unreadable > 0 && unreadable === stored.length) {
    const found = `none of the ${stored.length} API keys can be decrypted: pepper or salt is another one`;
    return [noGo(found, RIGHT_SECRETS)];
  }
  if (unreadable > 0) {
    const advice =
      'Their users make a new key each; until then each of their first logins takes a slow check.';
    return [warn(`${unreadable} of ${stored.length} API keys cannot be decrypted`, advice)];
  }
  const demo = demoKey === null ? '' : ', the demo key among them';
  return [
    go(`${stored.length} of OpenAlgo's kind${demo}, ${own.length} of tickwire keys; pepper and salt fit`),
  ];
};
