/** Waits that a server asks for: whatever it says, a client neither spins nor stays away for good. */
import { numberOf } from './wire.ts';

const LEAST_MS = 50;
const MOST_MS = 300_000;

/** @param value from the wire, ms @returns null for what is no number */
export function boundedWait(value: unknown): number | null {
  const ms = numberOf(value);
  return ms === null ? null : Math.min(Math.max(ms, LEAST_MS), MOST_MS);
}
