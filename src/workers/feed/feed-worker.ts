/**
 * A feed worker: one long piscina task per upstream connection. It takes wishes from the control plane and writes ticks
 * into its ring. It holds no native handle, so main may kill it in any state; what it leaves behind in shared memory is
 * put right by the next worker's epoch.
 */
import type { MessagePort } from 'node:worker_threads';
import { EpochClock } from '../epoch-clock.ts';
import { DoorbellRinger } from '../ring/doorbell.ts';
import { LastValueTable } from '../ring/last-value-table.ts';
import { RingWriter } from '../ring/ring-writer.ts';
import type { FeedTask, FromFeedWorker, ToFeedWorker } from '../worker-messages.ts';
import { AngelFeed } from './angel-feed.ts';
import type { FeedHandler } from './feed-handler.ts';
import { TickWriter } from './tick-writer.ts';

const COUNTERS_INTERVAL_MS = 1000;

/** A broker's feed handler by its registry name. */
const FEED_HANDLERS: ReadonlyMap<string, typeof AngelFeed> = new Map([['angel', AngelFeed]]);

function handle(handler: FeedHandler, message: ToFeedWorker): void {
  switch (message.type) {
    case 'subscribe':
      handler.subscribe(message.wishes, message.epoch);
      break;
    case 'unsubscribe':
      handler.unsubscribe(message.wishes);
      break;
    case 'credentials':
      handler.renew(message.credentials);
      break;
    case 'suspend':
      handler.suspend(message.reason);
      break;
    case 'stop':
      break;
    default:
      throw new Error(`feed worker got an unknown message: ${JSON.stringify(message)}`);
  }
}

/** Runs until it is told to stop. Rejects when it cannot go on. */
export default function runFeed({ task, port }: { task: FeedTask; port: MessagePort }): Promise<void> {
  const report = (message: FromFeedWorker) => port.postMessage(message);
  const Handler = FEED_HANDLERS.get(task.broker);
  if (Handler === undefined) throw new Error(`no feed handler for broker ${task.broker}`);
  const clock = new EpochClock();
  const writer = new TickWriter(
    new RingWriter(task.ring, task.epoch),
    new LastValueTable(task.lastValues),
    new DoorbellRinger(task.doorbells),
    clock,
  );
  const handler = new Handler(task, writer, clock, report);
  return new Promise((resolve, reject) => {
    const timer = setInterval(() => {
      clock.adjust();
      report({ type: 'counters', counters: handler.counters() });
    }, COUNTERS_INTERVAL_MS);
    port.on('message', (message: ToFeedWorker) => {
      try {
        handle(handler, message);
        if (message.type !== 'stop') return;
        void handler.stop().then(() => {
          clearInterval(timer);
          report({ type: 'counters', counters: handler.counters() });
          port.close();
          resolve();
        });
      } catch (error) {
        clearInterval(timer);
        reject(error);
      }
    });
    handler.start();
  });
}
