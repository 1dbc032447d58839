/**
 * Builds one-minute candles from ticks and prints each as a line of JSON. A candle in which something may be missing says so:
 * `"isComplete": false`, and why.
 *
 *   TICKWIRE_API_KEY=… node examples/candle-builder.ts NSE:RELIANCE NSE:INFY [--url ws://127.0.0.1:8765] [--seconds 60] [--count N]
 *
 * A program of your own imports from `tickwire/client`.
 */
import { parseArgs } from 'node:util';
import { connect } from '../src/client/index.ts';
import { type Candle, CandleBuilder } from './candles.ts';

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    url: { type: 'string', default: 'ws://127.0.0.1:8765' },
    // Length of a candle.
    seconds: { type: 'string', default: '60' },
    // Ends after so many candles.
    count: { type: 'string', default: 'Infinity' },
  },
});
/** A tick may be so late: the exchange's clock counts whole seconds. */
const LATE_MS = 2000;
/** No tick is missing then. */
const HARMLESS: ReadonlySet<string> = new Set(['market_closed', 'old_tick', 'no_tick']);
const client = connect({ url: values.url, key: process.env.TICKWIRE_API_KEY ?? '' });
let printed = 0;

function print(candle: Candle): void {
  if (printed === Number(values.count)) return;
  console.log(JSON.stringify(candle));
  if (++printed === Number(values.count)) client.close();
}

const builders = (positionals.length > 0 ? positionals : ['NSE:RELIANCE']).map((instrument) => {
  const builder = new CandleBuilder(Number(values.seconds), print);
  // Quotes have the volume, which says whether a tick is a trade; with `deliver` none is merged as long as that can be avoided.
  const quotes = client.subscribe(instrument, 'quote', { slow: 'deliver' });
  quotes.on('tick', (tick) => builder.take(tick));
  quotes.on('stale', ({ reason }) => {
    if (reason !== null && !HARMLESS.has(reason)) builder.interrupt(reason);
  });
  return builder;
});
const clock = setInterval(() => {
  for (const builder of builders) builder.closeBefore(Date.now() - LATE_MS);
}, 1000);
client.on('error', ({ code, message }) => console.error(`${code}: ${message}`));
client.on('state', ({ state }) => {
  if (state === 'closed') clearInterval(clock);
});
