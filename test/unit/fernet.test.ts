import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  decryptFernet,
  deriveFernetKey,
  encryptFernet,
  Fernet,
  fernetSaltBytes,
} from '../../src/main/auth/fernet.ts';
import { FERNET_SALT, PEPPER } from '../support/openalgo-database.ts';

/** Made with Python's cryptography package, as OpenAlgo uses it. */
const VECTORS = [
  {
    salt: FERNET_SALT,
    key: '2vE327ULeMDp62FX2TbSg_bgbORBL7WJSX0UeL2HS2I=',
    feed: 'gAAAAABlU_EAAAECAwQFBgcICQoLDA0ODxJVOGXk75d_O89FkDg4JZ9xUxfuDgnL1MaNRRbPvCVnH9ZCEtvPMAffGiMe1ML5nQ==',
    jwt: 'gAAAAABlU_EAEBESExQVFhcYGRobHB0eH5xrV8ULswudBNb2NUIawa_1txRHqxpLiMmD0fLDPrGpzXSSbuCsjC_Yb4C3baJe6g==',
  },
  {
    salt: null,
    key: 'gU_m9PY8aeA5CRjqCQqMjHbHyaCX7orc0X0cMOVshKo=',
    feed: 'gAAAAABlU_EAAAECAwQFBgcICQoLDA0OD1A0fCc2g_exKe6mnX8mKssKvfIHMa6HaU0PDObBjwi9S7An72JIPjYGt6Rtv-mPEA==',
    jwt: 'gAAAAABlU_EAEBESExQVFhcYGRobHB0eH84A9z3jw5KUGkANZ5mp910alc9bWh4LDRdZnvkRbb7z7s0m2Sawx-2nDavuPRd3MA==',
  },
];
const SECONDS = 1_700_000_000;
const IV_FEED = Buffer.from('000102030405060708090a0b0c0d0e0f', 'hex');
const IV_JWT = Buffer.from('101112131415161718191a1b1c1d1e1f', 'hex');

for (const { salt, key, feed, jwt } of VECTORS) {
  const name = salt === null ? 'without FERNET_SALT' : 'with FERNET_SALT';
  const derived = deriveFernetKey(PEPPER, fernetSaltBytes(salt));

  test(`tokens that OpenAlgo wrote ${name} are read`, () => {
    assert.equal(derived.toString('base64url'), key.replace('=', ''));
    assert.equal(decryptFernet(derived, feed), 'FEED.TOKEN');
    assert.equal(decryptFernet(derived, jwt), 'JWT.TOKEN');
  });

  test(`tokens are written ${name} exactly as OpenAlgo writes them`, () => {
    assert.equal(encryptFernet(derived, 'FEED.TOKEN', SECONDS, IV_FEED), feed);
    assert.equal(encryptFernet(derived, 'JWT.TOKEN', SECONDS, IV_JWT), jwt);
  });
}

test('a row that is still on the legacy salt is read although a salt is configured', () => {
  assert.equal(new Fernet(PEPPER, FERNET_SALT).decrypt(VECTORS[1]!.jwt), 'JWT.TOKEN');
});

test('a salt that OpenAlgo would ignore means the legacy salt', () => {
  const legacy = fernetSaltBytes(null);
  for (const setting of ['', 'abc', '0'.repeat(31), '0'.repeat(33), 'not hex '.repeat(4)]) {
    assert.deepEqual(fernetSaltBytes(setting), legacy, setting);
  }
  assert.equal(fernetSaltBytes(` ${FERNET_SALT}\n`).toString('hex'), FERNET_SALT);
});

test('what is encrypted is decrypted, whatever its length or alphabet', () => {
  const fernet = new Fernet(PEPPER, FERNET_SALT);
  for (const text of ['', 'a', 'x'.repeat(16), 'ü€😀', 'long '.repeat(500)]) {
    assert.equal(fernet.decrypt(fernet.encrypt(text)), text);
  }
});

test('a token that was damaged, cut short or made with another pepper is refused without an exception', () => {
  const key = deriveFernetKey(PEPPER, fernetSaltBytes(FERNET_SALT));
  const token = VECTORS[0]!.feed;
  const bytes = Buffer.from(token, 'base64url');
  for (let offset = 0; offset < bytes.length; offset++) {
    const damaged = Buffer.from(bytes);
    damaged[offset] = damaged[offset]! ^ 1;
    assert.equal(decryptFernet(key, damaged.toString('base64url')), null, `byte ${offset}`);
    assert.equal(decryptFernet(key, bytes.subarray(0, offset).toString('base64url')), null);
  }
  assert.equal(decryptFernet(key, 'not a token'), null);
  assert.equal(new Fernet('another pepper of thirty-two chars', FERNET_SALT).decrypt(token), null);
});
