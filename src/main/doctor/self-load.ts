import { createDoorbells } from '../../workers/ring/doorbell.ts';
import { createRing } from '../../workers/ring/ring-layout.ts';
import type { DoctorContext } from './check.ts';
import { DoctorThread } from './doctor-thread.ts';
import type { SelfLoadReaderData, SelfLoadResult } from './self-load-reader.ts';
import type { SelfLoadWriterData } from './self-load-writer.ts';

/** A second of 5,000 ticks/s: a few percent of a core, which an engine that runs beside does not feel. */
const BURSTS = 1000;
const TICKS_PER_BURST = 5;
const START_MS = 20_000;
const LOAD_MS = 30_000;

const runs = new WeakMap<DoctorContext, Promise<SelfLoadResult>>();

/** The self-load, run once for all checks that look at what came of it. */
export function selfLoad(context: DoctorContext): Promise<SelfLoadResult> {
  const run = runs.get(context) ?? runSelfLoad(context);
  runs.set(context, run);
  return run;
}

/** Two threads with a ring between them, as feed worker and proxy worker have it. */
async function runSelfLoad({ config, engine }: DoctorContext): Promise<SelfLoadResult> {
  const { ringBytes, waitStrategy, spinUs } = config;
  const shared = { ring: createRing(ringBytes), doorbells: createDoorbells(1) };
  // A reader that spins takes a core, which a running engine would miss.
  const strategy = engine !== null && waitStrategy === 'spin' ? 'backoff' : waitStrategy;
  const readerData: SelfLoadReaderData = { ...shared, strategy, spinUs };
  const reader = new DoctorThread('self-load-reader', readerData);
  try {
    await reader.next(START_MS);
    const writerData: SelfLoadWriterData = { ...shared, bursts: BURSTS, ticksPerBurst: TICKS_PER_BURST };
    const writer = new DoctorThread('self-load-writer', writerData);
    reader.post(await writer.next(LOAD_MS));
    return (await reader.next(LOAD_MS)) as SelfLoadResult;
  } finally {
    await reader.stop();
  }
}
