/**
 * Shows the order book of one instrument, redrawn at most five times a second, and above it whether it can be believed.
 *
 *   TICKWIRE_API_KEY=… node examples/book-viewer.ts NSE:RELIANCE [--url ws://127.0.0.1:8765] [--levels 5] [--count N]
 *
 * A program of your own imports from `tickwire/client`.
 */
import { parseArgs } from 'node:util';
import { connect, type DepthTick } from '../src/client/index.ts';

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    url: { type: 'string', default: 'ws://127.0.0.1:8765' },
    // 5, 20, 30 or 50; the broker may have fewer.
    levels: { type: 'string', default: '5' },
    // Ends after so many books.
    count: { type: 'string', default: 'Infinity' },
  },
});
const REDRAWS_PER_SECOND = 5;
const CLEAR = '\x1b[H\x1b[J';
const client = connect({ url: values.url, key: process.env.TICKWIRE_API_KEY ?? '' });
const book = client.subscribe(positionals[0] ?? 'NSE:RELIANCE', 'depth', {
  levels: Number(values.levels),
  // The engine sends no more than is drawn.
  maxRate: REDRAWS_PER_SECOND,
});

function draw({ instrument, ltp, change, buy, sell, levels }: DepthTick): void {
  const reason = book.staleReason;
  const lines = [
    `${instrument} ${ltp} (${change}) ${reason === null ? 'live' : `OLD: ${reason}`}`,
    `${'orders'.padStart(7)} ${'quantity'.padStart(9)} ${'buy'.padStart(10)} | ${'sell'.padEnd(10)} ${'quantity'.padEnd(9)} orders`,
  ];
  for (let i = 0; i < levels; i++) {
    const [bid, ask] = [buy[i], sell[i]];
    const left = `${String(bid?.orders ?? '').padStart(7)} ${String(bid?.quantity ?? '').padStart(9)} ${String(bid?.price ?? '').padStart(10)}`;
    const right = `${String(ask?.price ?? '').padEnd(10)} ${String(ask?.quantity ?? '').padEnd(9)} ${ask?.orders ?? ''}`;
    lines.push(`${left} | ${right}`);
  }
  process.stdout.write(`${process.stdout.isTTY ? CLEAR : ''}${lines.join('\n')}\n`);
}

// What was drawn last must not stand there as the present.
book.on('stale', () => {
  if (book.last !== null) draw(book.last);
});
client.on('error', ({ code, message }) => console.error(`${code}: ${message}`));
let count = 0;
try {
  for await (const tick of book) {
    draw(tick);
    if (++count === Number(values.count)) break;
  }
} catch {
  // Told as an error of the client already.
  process.exitCode = 1;
}
client.close();
