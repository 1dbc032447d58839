/**
 * Reads one topic from the bus of a running engine and prints its ticks:
 *
 *   node examples/bus-subscriber.ts [topic] [--endpoint tcp://127.0.0.1:5556] [--count N]
 *
 * A topic is `broker/exchange/symbol/MODE/` with MODE one of LTP, QUOTE, DEPTH and DEEP_DEPTH; it ends with its separator,
 * since ZeroMQ matches by prefix. Subscribing to a whole topic makes the engine subscribe at the broker, and the last value
 * comes at once. A shorter prefix, as `angel/NSE/`, gets what flows anyway.
 *
 * A message is the topic, then one frame per tick, oldest first. The same tick may come twice: the last value answers every
 * new subscription, and it goes to all subscribers of the topic. So a reader remembers epoch and sequence number of the
 * last tick of each instrument (DEEP_DEPTH counts apart):
 *
 *   same epoch, seq not higher   had it already: leave it out
 *   same epoch, seq higher by 1  the next one
 *   same epoch, seq higher       what lies between was lost on the way to this reader
 *   higher epoch                 the engine's feed started anew, and seq with it
 */
import { parseArgs } from 'node:util';
import { ByteBuffer } from 'flatbuffers';
import { Subscriber } from 'zeromq';
import { Tick } from '../src/codec/generated/tickwire/tick.ts';
import { formatPrice } from '../src/codec/price.ts';
import { FLAG, MODE } from '../src/codec/tick.ts';

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    endpoint: { type: 'string', default: 'tcp://127.0.0.1:5556' },
    count: { type: 'string', default: 'Infinity' },
  },
});
const topic = positionals[0] ?? 'angel/NSE/RELIANCE/QUOTE/';
const count = Number(values.count);

/** Epoch and sequence number of the latest tick, by instrument and kind. */
const latest = new Map<string, { readonly epoch: bigint; readonly seq: bigint }>();

/** Whether a tick is new, with a word about those that are missing before it. */
function isNews(tick: Tick): boolean {
  const header = tick.header()!;
  const key = `${tick.exchange()}:${tick.symbol()}:${header.mode() === MODE.DEEP_DEPTH}`;
  const before = latest.get(key);
  const [epoch, seq] = [header.epoch(), header.seq()];
  if (before !== undefined && before.epoch === epoch) {
    if (seq <= before.seq) return false;
    if (seq > before.seq + 1n) console.log(`${key}: ${seq - before.seq - 1n} ticks lost`);
  }
  latest.set(key, { epoch, seq });
  return true;
}

/** Time, symbol, price and volume. Prices are integers with their decimal point `priceDecimals` from the right: exact. */
function formatTick(tick: Tick): string {
  const header = tick.header()!;
  const time = new Date(Number(header.exchangeTimeMs())).toISOString();
  const hasLtp = (header.flags() & FLAG.ABSENT_LTP) === 0;
  const price = hasLtp ? formatPrice(header.ltp(), header.priceDecimals()) : '-';
  const volume = tick.quote()?.volume() ?? '-';
  return `${time} ${tick.exchange()}:${tick.symbol()} ${price} volume ${volume}`;
}

const subscriber = new Subscriber();
subscriber.connect(values.endpoint);
subscriber.subscribe(topic);

let printed = 0;
reading: for await (const [, ...frames] of subscriber) {
  for (const frame of frames) {
    const tick = Tick.getRootAsTick(new ByteBuffer(frame));
    if (!isNews(tick)) continue;
    console.log(formatTick(tick));
    printed++;
    if (printed >= count) break reading;
  }
}
subscriber.close();
