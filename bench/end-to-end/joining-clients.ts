/** Clients that join one after another, in a process of their own, and how long each step takes them. */
import { setTimeout as delay } from 'node:timers/promises';
import { serveParent } from '../harness/child-program.ts';
import { LatencyRecorder } from '../harness/latency-recorder.ts';
import { monotonicUs } from '../harness/monotonic-clock.ts';
import { AskingClient } from './asking-client.ts';
import { JOIN_STEPS, type JoinResult, type JoinStep } from './join-result.ts';

export interface JoinOptions {
  readonly url: string;
  readonly apiKey: string;
  readonly symbols: readonly string[];
  readonly features: readonly string[];
  /** From one client's beginning to the next one's, unless it takes longer. */
  readonly everyMs: number;
}

const FIRST_TICK_TIMEOUT_MS = 10_000;

/** @returns false when the load ended before its first tick: then nothing more is recorded */
async function join(
  { url, apiKey, symbols, features }: JoinOptions,
  record: (step: JoinStep, us: number) => void,
  isOver: Promise<null>,
): Promise<boolean> {
  const beganUs = monotonicUs();
  let lastUs = beganUs;
  const step = (name: JoinStep) => {
    const now = monotonicUs();
    record(name, now - lastUs);
    lastUs = now;
  };
  const { promise: firstTick, resolve, reject } = Promise.withResolvers<number>();
  firstTick.catch(() => undefined);
  const client = new AskingClient(url, {
    tick: (receivedUs) => resolve(receivedUs),
    lost: (reason) => reject(new Error(`connection lost: ${reason}`)),
  });
  const timer = setTimeout(() => reject(new Error('subscribed, and no tick came')), FIRST_TICK_TIMEOUT_MS);
  try {
    await client.open();
    step('connect');
    await client.authenticate(apiKey, features);
    step('authenticate');
    await client.subscribe(symbols);
    step('subscribe');
    // With snapshots it comes in the same read as the answer, and its time is that of the read.
    const tickUs = await Promise.race([firstTick, isOver]);
    if (tickUs === null) return false;
    record('first tick', Math.max(0, tickUs - lastUs));
    record('whole', Math.max(tickUs, lastUs) - beganUs);
    return true;
  } finally {
    clearTimeout(timer);
    client.close();
  }
}

let stop: () => void = () => undefined;
let ended: Promise<JoinResult> | undefined;

async function joinOneByOne(options: JoinOptions): Promise<JoinResult> {
  const recorders = new Map(JOIN_STEPS.map((step) => [step, new LatencyRecorder()]));
  const failures: string[] = [];
  let clients = 0;
  let isRunning = true;
  const { promise: isOver, resolve } = Promise.withResolvers<null>();
  stop = () => {
    isRunning = false;
    resolve(null);
  };
  let dueAt = performance.now();
  while (isRunning) {
    try {
      if (await join(options, (step, us) => recorders.get(step)!.record(us), isOver)) clients++;
    } catch (error) {
      failures.push(error instanceof Error ? error.message : String(error));
    }
    dueAt = Math.max(dueAt + options.everyMs, performance.now());
    await Promise.race([delay(dueAt - performance.now()), isOver]);
  }
  const summaries = JOIN_STEPS.map((step) => [step, recorders.get(step)!.summary()]);
  return { clients, steps: Object.fromEntries(summaries) as JoinResult['steps'], failures };
}

const handlers = {
  /** Returns at once. */
  begin(options: JoinOptions): void {
    ended = joinOneByOne(options);
  },
  async end(_: null): Promise<JoinResult> {
    stop();
    if (ended === undefined) throw new Error('nobody was told to join');
    return ended;
  },
};
export type JoiningClients = typeof handlers;
serveParent(handlers);
