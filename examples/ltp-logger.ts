/**
 * Writes each price as a line of CSV, and whatever makes it doubtful into the same line: a log that is read later must not
 * hide what was missing.
 *
 *   TICKWIRE_API_KEY=… node examples/ltp-logger.ts NSE:RELIANCE NSE:INFY [--url ws://127.0.0.1:8765] [--count N]
 *
 * A program of your own imports from `tickwire/client`.
 */
import { parseArgs } from 'node:util';
import { connect, type LtpTick } from '../src/client/index.ts';

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    url: { type: 'string', default: 'ws://127.0.0.1:8765' },
    // Ends after so many lines.
    count: { type: 'string', default: 'Infinity' },
  },
});
const instruments = positionals.length > 0 ? positionals : ['NSE:RELIANCE'];
const client = connect({ url: values.url, key: process.env.TICKWIRE_API_KEY ?? '' });
let lines = 0;

function notesOf({ isSnapshot, isStale, gap, receipt }: LtpTick): string {
  const notes = [
    isSnapshot && 'last value',
    isStale && 'stale',
    gap && `${gap.missed ?? 'unknown number of'} ticks missing (${gap.reason})`,
    receipt && `stands for ${receipt.merged} ticks from ${receipt.low} to ${receipt.high}`,
  ];
  return notes.filter(Boolean).join('; ');
}

console.log('time,instrument,ltp,seq,notes');
client.on('state', ({ state, ended }) => {
  if (ended !== null) console.error(`${state}: ${ended.code} ${ended.reason}`);
});
client.on('error', ({ code, message }) => {
  console.error(`${code}: ${message}`);
  if (client.state === 'closed') process.exitCode = 1;
});
for (const instrument of instruments) {
  client.subscribe(instrument, 'ltp').on('tick', (tick) => {
    if (lines === Number(values.count)) return;
    const time = new Date(tick.time ?? tick.receivedAt).toISOString();
    console.log([time, tick.instrument, tick.ltp, tick.seq, notesOf(tick)].join(','));
    if (++lines === Number(values.count)) client.close();
  });
}
