/** An engine on a login of `tickwire login`, and a broker that refuses its tokens. */
import type { TestContext } from 'node:test';
import { Fernet } from '../../src/main/auth/fernet.ts';
import type { DatabaseSync } from '../../src/main/database/sqlite.ts';
import { LoginStore } from '../../src/main/login/login-store.ts';
import { type EngineFixture, startEngineFixture } from './engine-fixture.ts';
import { ACCOUNT, FakeSmartApi } from './fake-smart-api.ts';

const PEPPER = 'a pepper of the test, which is long enough';
export const TOTP_SECRET = 'GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ';

export interface RenewalScene {
  readonly api: FakeSmartApi;
  readonly fixture: EngineFixture;
}

/** Stores the latest session of the fake broker, as a login does. */
export function logIn(db: DatabaseSync, { authToken, feedToken, refreshToken }: FakeSmartApi): void {
  const store = new LoginStore({ db, path: '', pepper: PEPPER, fernet: new Fernet(PEPPER, null) });
  const tokens = { authToken, feedToken, refreshToken };
  const { clientCode, apiKey } = ACCOUNT;
  store.save('demo', { broker: 'angel', clientCode, apiKey, tokens }, 'login');
}

/**
 * An engine with the first session of the fake broker, after whose exchange lets in only those of `accepted`.
 *
 * @param accepted number of the session, counted by the fake broker
 */
export async function startRenewal(
  t: TestContext,
  accepted: number,
  flags: readonly string[] = [],
): Promise<RenewalScene> {
  const api = await FakeSmartApi.start(t);
  api.issue();
  const fixture = await startEngineFixture(t, {
    exchange: {
      credentials: {
        authToken: `JWT.SECRET.${accepted}`,
        feedToken: `FEED.SECRET.${accepted}`,
        clientCode: ACCOUNT.clientCode,
        apiKey: ACCOUNT.apiKey,
      },
    },
    flags: [
      `--angel-api-url=${api.url}`,
      `--api-key-pepper=${PEPPER}`,
      '--database-poll=0.05',
      '--instruments-at=off',
      ...flags,
    ],
    prepare: (db) => logIn(db, api),
  });
  return { api, fixture };
}
