/**
 * The attackers, in a process of their own. It has the lowest priority: they would not take the processor of those that
 * they attack if they came over a network, and what is to be seen is what the engine does about them.
 */
import { constants, setPriority } from 'node:os';
import { setTimeout as delay } from 'node:timers/promises';
import { serveParent } from '../../bench/harness/child-program.ts';
import { ATTACKS } from './attacks.ts';
import { Crowd, type Target } from './crowd.ts';
import type { AttackOutcome } from './tally.ts';

export interface AttackOptions {
  readonly name: string;
  readonly target: Target;
  readonly seconds: number;
}

export interface AttackersResult extends AttackOutcome {
  readonly cpuSeconds: number;
}

/** Who was cut off while it did not read reads of it now. */
const READ_ON_MS = 150;

let ended: Promise<AttackersResult> | undefined;

async function attack({ name, target, seconds }: AttackOptions): Promise<AttackersResult> {
  const cpu = process.cpuUsage();
  const wanted = ATTACKS.find((each) => each.name === name);
  if (wanted === undefined) throw new Error(`no attack ${name}`);
  const crowd = new Crowd(target);
  const running = wanted.run(crowd);
  await Promise.race([delay(seconds * 1000), running]);
  crowd.stop();
  crowd.readAll();
  await delay(READ_ON_MS);
  crowd.leave();
  await running;
  const { user, system } = process.cpuUsage(cpu);
  return { ...crowd.tally.outcome, cpuSeconds: (user + system) / 1e6 };
}

const handlers = {
  /** Returns at once. */
  begin(options: AttackOptions): void {
    ended = attack(options);
    ended.catch(() => undefined);
  },
  async end(_: null): Promise<AttackersResult> {
    if (ended === undefined) throw new Error('nobody was told to attack');
    return ended;
  },
};
export type Attackers = typeof handlers;

setPriority(constants.priority.PRIORITY_LOW);
serveParent(handlers);
