import assert from 'node:assert/strict';
import { test } from 'node:test';
import { readBrokerSession } from '../../src/main/auth/broker-session.ts';
import { deriveFernetKey, encryptFernet, Fernet, fernetSaltBytes } from '../../src/main/auth/fernet.ts';
import { createOpenAlgoDatabase, FERNET_SALT, PEPPER } from '../support/openalgo-database.ts';

const fernet = new Fernet(PEPPER, FERNET_SALT);

interface Session {
  auth: string;
  feedToken: string | null;
  broker: string;
  clientCode: string | null;
  isRevoked: number | null;
}

const GOOD: Session = {
  auth: fernet.encrypt('JWT.TOKEN'),
  feedToken: fernet.encrypt('FEED.TOKEN'),
  broker: 'angel',
  clientCode: 'A12345',
  isRevoked: 0,
};

function read(session: Partial<Session>, userId = 'alice') {
  const { auth, feedToken, broker, clientCode, isRevoked } = { ...GOOD, ...session };
  const db = createOpenAlgoDatabase(':memory:');
  db.prepare(
    "INSERT INTO auth (name, auth, feed_token, broker, user_id, is_revoked) VALUES ('alice', ?, ?, ?, ?, ?)",
  ).run(auth, feedToken, broker, clientCode, isRevoked);
  const result = readBrokerSession(db, fernet, userId);
  db.close();
  return result;
}

const OK = {
  status: 'ok',
  broker: 'angel',
  authToken: 'JWT.TOKEN',
  feedToken: 'FEED.TOKEN',
  clientCode: 'A12345',
};

test("a user's broker session is read with its tokens", () => {
  assert.deepEqual(read({}), OK);
  assert.deepEqual(read({ isRevoked: null }), OK);
});

test('tokens that are still on the legacy salt are read', () => {
  const legacyKey = deriveFernetKey(PEPPER, fernetSaltBytes(null));
  assert.deepEqual(read({ auth: encryptFernet(legacyKey, 'JWT.TOKEN') }), OK);
});

test('a token that was stored with its Bearer prefix is given without it', () => {
  assert.deepEqual(read({ auth: fernet.encrypt(' bearer JWT.TOKEN ') }), OK);
});

test('a broker without feed tokens, or a login without client code, gives null for them', () => {
  assert.deepEqual(read({ feedToken: null, clientCode: null }), { ...OK, feedToken: null, clientCode: null });
});

test('a user who never logged in, or has logged out, has no session', () => {
  const none = { status: 'none' };
  assert.deepEqual(read({}, 'bob'), none);
  assert.deepEqual(read({ isRevoked: 1 }), none);
  assert.deepEqual(
    read({ auth: '', feedToken: null, broker: '', clientCode: null, isRevoked: 1 }),
    none,
    'as OpenAlgo leaves the row',
  );
  assert.deepEqual(read({ broker: '' }), none);
  assert.deepEqual(read({ auth: '' }), none);
});

test('tokens of another installation are told from a missing login', () => {
  const foreign = new Fernet('another pepper of thirty-two chars', FERNET_SALT);
  const undecryptable = { status: 'undecryptable' };
  assert.deepEqual(read({ auth: foreign.encrypt('JWT.TOKEN') }), undecryptable);
  assert.deepEqual(read({ feedToken: foreign.encrypt('FEED.TOKEN') }), undecryptable);
  assert.deepEqual(read({ auth: 'plain text' }), undecryptable);
});
