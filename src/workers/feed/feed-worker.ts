/**
 * A feed worker: one long piscina task per upstream connection. It takes wishes from the control plane and writes ticks
 * into its ring. It holds no native handle, so main may kill it in any state; what it leaves behind in shared memory is
 * put right by the next worker's epoch.
 */
import type { MessagePort } from 'node:worker_threads';
import { EpochClock } from '../epoch-clock.ts';
import { ThreadWatch } from '../measures/thread-watch.ts';
import { DoorbellRinger } from '../ring/doorbell.ts';
import { LastValueTable } from '../ring/last-value-table.ts';
import { RingWriter } from '../ring/ring-writer.ts';
import { SlotOwners } from '../ring/slot-owners.ts';
import type { FeedTask, FromFeedWorker, ToFeedWorker } from '../worker-messages.ts';
import type { FeedHandler, FeedModule, Report } from './feed-handler.ts';
import { FeedWatch } from './feed-watch.ts';
import { FrameRecorder } from './frame-recorder.ts';
import { recordingFiles } from './recording-files.ts';
import { TickWriter } from './tick-writer.ts';

const COUNTERS_INTERVAL_MS = 1000;

function handle(
  handler: FeedHandler,
  writer: TickWriter,
  message: Exclude<ToFeedWorker, { readonly type: 'stop' }>,
  report: Report,
): void {
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
    case 'handOver':
      writer.handOver(message.slots, message.to);
      report({ type: 'handedOver', slots: message.slots });
      break;
    case 'take':
      writer.take(message.slots);
      break;
    default:
      throw new Error(`feed worker got an unknown message: ${JSON.stringify(message)}`);
  }
}

function createRecorder(
  { feed, broker, recorder }: FeedTask,
  clock: EpochClock,
  report: Report,
): FrameRecorder | null {
  if (recorder === null) return null;
  return new FrameRecorder({
    feed,
    broker,
    files: recordingFiles(recorder, feed),
    clock,
    onTrouble: (trouble) => report({ type: 'recorderTrouble', trouble }),
  });
}

/** Runs until it is told to stop. Rejects when it cannot go on, and its socket is closed then. */
export default async function runFeed({ task, port }: { task: FeedTask; port: MessagePort }): Promise<void> {
  const report = (message: FromFeedWorker) => port.postMessage(message);
  const { createFeedHandler }: FeedModule = await import(task.module);
  const clock = new EpochClock();
  const lastValues = new LastValueTable(task.lastValues);
  const writer = new TickWriter(
    new RingWriter(task.ring, task.epoch),
    lastValues,
    new DoorbellRinger(task.doorbells),
    clock,
    {
      owners: new SlotOwners(task.slotOwners),
      feed: task.feed,
      onCarried: (slots) => report({ type: 'carries', slots }),
    },
  );
  const end = Promise.withResolvers<void>();
  const handler = createFeedHandler(task, { writer, clock, report, fail: end.reject });
  const recorder = createRecorder(task, clock, report);
  handler.recorder = recorder;
  const watch = new FeedWatch(handler, lastValues, task.watch, report);
  handler.watchdog = watch;
  const reportCounters = () => {
    const counters = { ...handler.counters(), ...watch.counters, ...recorder?.counters };
    report({ type: 'counters', counters });
  };
  const thread = new ThreadWatch();
  const timer = setInterval(() => {
    if (clock.adjust()) handler.delays.resetClock();
    reportCounters();
    const { hops, clock: bounds } = handler.delays.take();
    const measures = { hops: [...hops, ...writer.takeHops()], health: thread.take(), clock: bounds };
    report({ type: 'measures', ...measures });
  }, COUNTERS_INTERVAL_MS);
  port.on('message', (message: ToFeedWorker) => {
    try {
      if (message.type === 'stop') end.resolve();
      else handle(handler, writer, message, report);
    } catch (error) {
      end.reject(error);
    }
  });
  try {
    handler.start();
    await end.promise;
  } finally {
    clearInterval(timer);
    thread.stop();
    watch.stop();
    // The close that follows is ours: in a recording it would look like an outage.
    handler.recorder = null;
    await Promise.all([handler.stop(), recorder?.stop()]);
    writer.close();
    reportCounters();
    port.close();
  }
}
