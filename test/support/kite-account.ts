/** A second user in the embedded database: logged in at Kite, with the demo instruments as Kite's list has them. */
import { KITE_EXCHANGE_WIRE } from '../../src/codec/zerodha/exchange-wire.ts';
import { DEMO_INSTRUMENTS } from '../../src/main/instruments/demo-instruments.ts';
import { knownDemoInstruments } from '../../src/main/simulator/demo-simulation.ts';
import type { SimulatedExchangeOptions } from '../../src/main/simulator/simulator-options.ts';
import type { DatabaseWrite } from './engine-fixture.ts';

export const KITE_USER = 'kate';
/** The API key with which that user's clients authenticate. */
export const KITE_CLIENT_KEY = 'key of kate';
/** What Kite's query must say; both need percent-encoding. */
export const KITE_CREDENTIALS = {
  apiKey: 'kite key&1',
  authToken: 'kite+token/=2',
  feedToken: '',
  clientCode: '',
};

/** A simulated exchange that speaks Kite, ticks when it is told to, and knows the demo instruments. */
export const KITE_EXCHANGE: SimulatedExchangeOptions = {
  broker: 'zerodha',
  ticksPerSecond: 0,
  credentials: KITE_CREDENTIALS,
  instruments: knownDemoInstruments('zerodha'),
};

export const addKiteAccount: DatabaseWrite = (db, encrypt) => {
  db.prepare('INSERT INTO api_keys (user_id, api_key_hash, api_key_encrypted) VALUES (?, ?, ?)').run(
    KITE_USER,
    'not needed: the encrypted copy can be read',
    encrypt(KITE_CLIENT_KEY),
  );
  db.prepare("INSERT INTO auth (name, auth, broker, is_revoked) VALUES (?, ?, 'zerodha', 0)").run(
    KITE_USER,
    encrypt(`${KITE_CREDENTIALS.apiKey}:${KITE_CREDENTIALS.authToken}`),
  );
  const insert = db.prepare(
    `INSERT INTO symtoken (symbol, brsymbol, name, exchange, brexchange, token, expiry, strike, lotsize, instrumenttype,
      tick_size, broker) VALUES (?, ?, ?, ?, ?, ?, '', 0, 1, 'EQ', 0.05, 'zerodha')`,
  );
  for (const row of DEMO_INSTRUMENTS) {
    const { symbol, name, exchange, brexchange } = row;
    insert.run(symbol, symbol, name, exchange, brexchange, KITE_EXCHANGE_WIRE.tableToken(row));
  }
};
