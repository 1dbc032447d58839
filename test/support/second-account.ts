import { type DatabaseWrite, FIXTURE_CREDENTIALS } from './engine-fixture.ts';

/** A user of the embedded database beside the demo user, logged in at the same broker. */
export const SECOND_USER = 'second';
export const SECOND_KEY = 'key of the second user';

export const addSecondAccount: DatabaseWrite = (db, encrypt) => {
  const { authToken, feedToken, clientCode } = FIXTURE_CREDENTIALS;
  db.prepare('INSERT INTO api_keys (user_id, api_key_hash, api_key_encrypted) VALUES (?, ?, ?)').run(
    SECOND_USER,
    'not needed: the encrypted copy can be read',
    encrypt(SECOND_KEY),
  );
  db.prepare(
    "INSERT INTO auth (name, auth, feed_token, broker, user_id, is_revoked) VALUES (?, ?, ?, 'angel', ?, 0)",
  ).run(SECOND_USER, encrypt(authToken), encrypt(feedToken), clientCode);
};
