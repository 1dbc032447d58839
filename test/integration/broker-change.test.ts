/** A user changes the broker while clients hold instruments: they are taken along, whatever their ticks come through. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { SimulatedExchange } from '../../src/main/simulator/simulated-exchange.ts';
import { startEngineFixture } from '../support/engine-fixture.ts';
import { addKiteAccount, KITE_CREDENTIALS, KITE_EXCHANGE } from '../support/kite-account.ts';
import { until } from '../support/until.ts';
import { untilUpstream } from '../support/upstream-subscriptions.ts';

for (const source of ['ring', 'bus']) {
  test(`over a ${source}, clients of a user who changes the broker get its ticks without a word of theirs`, async (t) => {
    const kite = new SimulatedExchange(KITE_EXCHANGE);
    const { url } = await kite.listen();
    t.after(() => kite.close());
    const fixture = await startEngineFixture(t, {
      flags: [`--source=${source}`, `--zerodha-ws-url=${url}`, '--database-poll=0.05'],
      prepare: (db, encrypt) => {
        addKiteAccount(db, encrypt);
        // The other user's login is of no account here.
        db.exec("DELETE FROM auth WHERE broker = 'zerodha'");
      },
    });
    const { exchange } = fixture;
    const client = await fixture.client({ features: ['sequence'] });
    const other = await fixture.client({ framing: 'msgpack' });
    for (const mode of [1, 3]) await client.subscribe('NSE', 'RELIANCE', mode);
    await other.subscribe('NSE', 'RELIANCE', 2);
    await untilUpstream(exchange, ['1:2885:3']);
    const brokersOf = (each: typeof client) => new Set(each.ticks().map(({ broker }) => broker));
    await until('ticks of the first broker', () => {
      exchange.step();
      return [client, other].every((each) => brokersOf(each).has('angel'));
    });

    fixture.writeDatabase((db, encrypt) => {
      db.prepare("UPDATE auth SET broker = 'zerodha', auth = ?, feed_token = '' WHERE broker = 'angel'").run(
        encrypt(`${KITE_CREDENTIALS.apiKey}:${KITE_CREDENTIALS.authToken}`),
      );
    });
    await untilUpstream(kite, ['1:738561:3']);
    const from = [client, other].map((each) => each.ticks().length);
    await until('ticks of the new broker, in each mode', () => {
      kite.step();
      const late = [client, other].flatMap((each, i) => each.ticks().slice(from[i]));
      const modes = new Set(late.filter(({ broker }) => broker === 'zerodha').map(({ mode }) => mode));
      return [1, 2, 3].every((mode) => modes.has(mode));
    });
    await untilUpstream(exchange, []);
    const brokers = client.ticks().map(({ broker }) => broker);
    assert.equal(brokers.lastIndexOf('angel') < brokers.indexOf('zerodha'), true, 'one after the other');
  });
}
