/**
 * Reads topics of the bus and prints their ticks, and what a reader has to notice. BUS.md has the rules.
 *
 *   node examples/bus-subscriber.ts [topic ...] [--endpoint tcp://127.0.0.1:5556] [--count N]
 *
 * A topic is `broker/exchange/symbol/MODE/`, by default `angel/NSE/RELIANCE/QUOTE/`; a prefix such as `angel/NSE/` gets what
 * flows for others.
 *
 * A bus with CURVE is read with `--server-key`, the feed host's public key, and the own keys in the environment, as
 * `TICKWIRE_CURVE_PUBLIC_KEY` and `TICKWIRE_CURVE_SECRET_KEY`: `tickwire keys curve` makes some. The public one has to be in
 * the feed host's list of allowed keys.
 */
import { parseArgs } from 'node:util';
import { ByteBuffer } from 'flatbuffers';
import { Subscriber } from 'zeromq';
import { Tick } from '../src/codec/generated/tickwire/tick.ts';
import { formatPrice } from '../src/codec/price.ts';
import { FLAG } from '../src/codec/tick.ts';
import { escapePart } from '../src/codec/topic.ts';
import { HEARTBEAT_TOPIC, parseEvent, type StatusEvent } from '../src/workers/bus/bus-event.ts';
import { parseCurveKey } from '../src/workers/bus/curve-key.ts';

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    endpoint: { type: 'string', default: 'tcp://127.0.0.1:5556' },
    // Ends after so many ticks.
    count: { type: 'string', default: 'Infinity' },
    // The feed host's TICKWIRE_BUS_HEARTBEAT, s.
    heartbeat: { type: 'string', default: '1' },
    'server-key': { type: 'string' },
  },
});
const topics = positionals.length > 0 ? positionals : ['angel/NSE/RELIANCE/QUOTE/'];
const count = Number(values.count);
const heartbeatMs = Number(values.heartbeat) * 1000;

/** Of each topic the epoch and number of the latest tick, whether its value is stale, and whose it is. */
const latest = new Map<string, { epoch: bigint; seq: bigint; isStale: boolean; host: string | null }>();
/** Of each instrument the latest statement about its feed. */
const revisions = new Map<string, number>();
let host: string | null = null;
let isAway = false;
let ticks = 0;

function takeTick(topic: string, frame: Buffer): void {
  const buffer = new ByteBuffer(frame);
  if (!Tick.bufferHasIdentifier(buffer)) return;
  const tick = Tick.getRootAsTick(buffer);
  const header = tick.header()!;
  const name = `${tick.exchange()}:${tick.symbol()}`;
  const [epoch, seq, flags] = [header.epoch(), header.seq(), header.flags()];
  const isStale = (flags & FLAG.STALE) !== 0;
  const before = latest.get(topic);
  if (before !== undefined) {
    // Another feed host counts by a clock of its own.
    if (epoch < before.epoch && host === before.host) return;
    if (epoch === before.epoch && seq < before.seq) return;
    if (epoch === before.epoch && seq === before.seq) {
      // The last value again. Only its state may be new.
      if (isStale && !before.isStale) console.log(`${name}: silent, its last value is stale`);
      before.isStale = isStale;
      return;
    }
    if (epoch !== before.epoch) console.log(`${name}: numbers begin anew, ticks may be missing`);
    else if (seq > before.seq + 1n) console.log(`${name}: ${seq - before.seq - 1n} ticks lost`);
    else if ((flags & FLAG.GAP_BEFORE) !== 0)
      console.log(`${name}: the broker was away, ticks may be missing`);
  }
  latest.set(topic, { epoch, seq, isStale, host });
  ticks++;
  console.log(lineOf(name, tick));
}

/** Time, symbol, price, volume and number. Prices are integers with their decimal point from the right: exact. */
function lineOf(name: string, tick: Tick): string {
  const header = tick.header()!;
  const flags = header.flags();
  const has = (absent: number) => (flags & absent) === 0;
  const timeMs = has(FLAG.ABSENT_EXCHANGE_TIME)
    ? header.exchangeTimeMs()
    : header.receiveTimeNs() / 1_000_000n;
  const price = has(FLAG.ABSENT_LTP) ? formatPrice(header.ltp(), header.priceDecimals()) : '-';
  const quote = tick.quote();
  const volume = quote !== null && has(FLAG.ABSENT_TRADES) ? quote.volume() : '-';
  const snapshot = has(FLAG.SNAPSHOT) ? '' : ' last value';
  const stale = has(FLAG.STALE) ? '' : ' stale';
  const time = new Date(Number(timeMs)).toISOString();
  return `${time} ${name} ${price} volume ${volume} seq ${header.seq()}${snapshot}${stale}`;
}

function takeHeartbeat(from: string): void {
  if (host === null) console.log(`feed host ${from}`);
  else if (host !== from) console.log(`another feed host: ${from}`);
  else if (isAway) console.log('the feed host is back');
  host = from;
  isAway = false;
}

function takeStatus({ revision, status, reason, broker, instruments }: StatusEvent): void {
  const told: string[] = [];
  for (const { exchange, symbol } of instruments) {
    const prefix = `${[broker, exchange, symbol].map(escapePart).join('/')}/`;
    if (!topics.some((topic) => topic.startsWith(prefix) || prefix.startsWith(topic))) continue;
    // An older statement may come after a newer one.
    if (revision <= (revisions.get(prefix) ?? 0)) continue;
    revisions.set(prefix, revision);
    told.push(`${exchange}:${symbol}`);
  }
  if (told.length > 0) console.log(`${status} (${reason}): ${told.join(', ')}`);
}

function takeSilence(): void {
  if (!isAway) console.log('no heartbeat: the feed host is away');
  isAway = true;
}

function take(topic: string, frames: readonly Buffer[]): void {
  if (!topic.startsWith('@')) {
    for (const frame of frames) if (ticks < count) takeTick(topic, frame);
    return;
  }
  const event = parseEvent(topic, frames[0]!);
  if (event?.type === 'heartbeat') takeHeartbeat(event.host);
  else if (event?.type === 'status') takeStatus(event);
}

/** Keys as ZeroMQ takes them. */
function curveOptions(serverKey: string) {
  const { TICKWIRE_CURVE_PUBLIC_KEY, TICKWIRE_CURVE_SECRET_KEY } = process.env;
  const [curveServerKey, curvePublicKey, curveSecretKey] = [
    serverKey,
    TICKWIRE_CURVE_PUBLIC_KEY,
    TICKWIRE_CURVE_SECRET_KEY,
  ].map((key) => parseCurveKey(key ?? ''));
  if (!curveServerKey || !curvePublicKey || !curveSecretKey)
    throw new Error('a CURVE key is missing or wrong');
  return { curveServerKey, curvePublicKey, curveSecretKey };
}

const serverKey = values['server-key'];
const subscriber = new Subscriber({
  // More than the default of 1000 messages may wait here while this program is busy; beyond it the feed host's fill up.
  receiveHighWaterMark: 100_000,
  // What waits goes with its connection. Without it libzmq ends the process when a program that did not read for so long that
  // its connection was given up reads on.
  immediate: true,
  // A connection that is half-open is found and made anew.
  heartbeatInterval: heartbeatMs,
  heartbeatTimeout: 2 * heartbeatMs,
  receiveTimeout: 3 * heartbeatMs,
  ...(serverKey === undefined ? {} : curveOptions(serverKey)),
});
const brokers = new Set(topics.map((topic) => (topic.includes('/') ? `${topic.split('/')[0]}/` : '')));
subscriber.subscribe(...topics, ...[...brokers].map((broker) => `@status/${broker}`), HEARTBEAT_TOPIC);
subscriber.connect(values.endpoint);
while (ticks < count) {
  try {
    const [topic, ...frames] = await subscriber.receive();
    take(topic!.toString(), frames);
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'EAGAIN')) throw error;
    takeSilence();
  }
}
subscriber.close();
