/** What an attack is. */
import type { Crowd } from './crowd.ts';
import type { AttackOutcome } from './tally.ts';

export interface Attack {
  readonly name: string;
  /** What it does, for a reader of the table. */
  readonly summary: string;
  /** Against a listener with TLS. */
  readonly isTls?: boolean;
  /** It takes so many seconds to come to anything. */
  readonly leastSeconds?: number;
  /** Attacks until `crowd.isOver`. Throws only when the suite itself is wrong. */
  run(crowd: Crowd): Promise<void>;
  /** Why it was no attack at all, or what it achieved that it must not; null when all is as it should be. */
  judge(outcome: AttackOutcome): string | null;
}

/** Nobody was let in, or nothing was sent: then nothing was survived either. */
export function judgeEffort(least: {
  readonly opened?: number;
  readonly messages?: number;
}): (outcome: AttackOutcome) => string | null {
  const { opened = 1, messages = 0 } = least;
  return (outcome) => {
    if (outcome.opened < opened) return `only ${outcome.opened} connections came about, not ${opened}`;
    if (outcome.messages < messages) return `only ${outcome.messages} messages were sent, not ${messages}`;
    return null;
  };
}
