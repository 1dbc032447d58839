/** How late an event loop of this machine is, and how long the collector stops it, while ticks pass through it. */
import { availableParallelism } from 'node:os';
import type { RunCheck } from './check.ts';
import { go, noGo, type Outcome, warn } from './finding.ts';
import { selfLoad } from './self-load.ts';

/** An idle machine has some 1 ms; beyond the first clients see it, beyond the second ticks are worth nothing. */
const LATE_MS = 25;
const FAR_TOO_LATE_MS = 500;
/** Of so small a heap pauses are below 5 ms. */
const LONG_PAUSE_MS = 50;

export const check: RunCheck = async (context) => {
  const { loopDelay, gc } = await selfLoad(context);
  const found =
    `event loop under a second of load: late by ${ms(loopDelay.p99)} at p99, ${ms(loopDelay.max)} at most; ` +
    `${gc.count} collections, the longest ${ms(gc.longestMs)}`;
  return [...cores(), judge(found, loopDelay.p99, gc.longestMs)];
};

function judge(found: string, lateMs: number, pauseMs: number): Outcome {
  const advice =
    'Something else takes the processors: look at top, on a virtual machine at its steal time (vmstat 1, column st), in a ' +
    'container at its CPU limit; and run tickwire doctor again.';
  if (lateMs > FAR_TOO_LATE_MS) return noGo(found, advice);
  return lateMs > LATE_MS || pauseMs > LONG_PAUSE_MS ? warn(found, advice) : go(found);
}

function cores(): Outcome[] {
  if (availableParallelism() > 1) return [];
  return [
    warn(
      'there is one processor: each tick waits for the threads before it to let go of that',
      'Give the machine or container at least two (in Docker --cpus 2).',
    ),
  ];
}

function ms(value: number): string {
  return `${value.toFixed(1)} ms`;
}
