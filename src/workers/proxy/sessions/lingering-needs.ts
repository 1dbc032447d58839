/**
 * What stays subscribed upstream though nobody has a stream of it. What clients held that will come back does so for a short
 * time: otherwise the only holder of an instrument would find that its count began anew, without a last value. What a client
 * was granted does so until the client has joined. Proxy worker thread, at the pace of connections.
 */
import { MODE } from '../../../codec/tick.ts';
import type { SlotNeed } from '../../worker-messages.ts';

/** Most clients are back within seconds; longer would keep room at the broker from others. */
const LINGER_MS = 10_000;
/** Of all clients together; the earliest are let go beyond. */
const MAX_ENTRIES = 100_000;
const MODES = Object.values(MODE);
/** More than the highest mode. */
const SPAN = 8;

/** Pairs of a slot and its modes. */
type Entries = Uint32Array;

export class LingeringNeeds {
  readonly #lingerMs: number;
  /** How many clients left a slot, or are to join it, in a mode: by `slot * SPAN + mode`. */
  readonly #counts = new Map<number, number>();
  readonly #groups = new Map<Entries, NodeJS.Timeout>();
  #entries = 0;

  constructor(lingerMs = LINGER_MS) {
    this.#lingerMs = lingerMs;
  }

  /** Modes in which a slot lingers, as bits `1 << mode`. */
  modes(slot: number): number {
    if (this.#counts.size === 0) return 0;
    let bits = 0;
    for (const mode of MODES) if (this.#counts.has(slot * SPAN + mode)) bits |= 1 << mode;
    return bits;
  }

  /**
   * Lets what a client held linger.
   * @param onEnd told of the same when its time is over
   */
  keep(needs: readonly SlotNeed[], onEnd: (needs: readonly SlotNeed[]) => void): void {
    const group: Entries = Uint32Array.from(needs.flatMap(({ slot, modes }) => [slot, modes]));
    this.#entries += needs.length;
    for (const need of needs) this.#count(need, 1);
    const end = () => onEnd(this.#end(group));
    this.#groups.set(group, setTimeout(end, this.#lingerMs).unref());
    for (const [oldest] of this.#groups) {
      if (this.#entries <= MAX_ENTRIES) break;
      onEnd(this.#end(oldest));
    }
  }

  /** For a client that will join, until `letGo` of the same. */
  hold(need: SlotNeed): void {
    this.#count(need, 1);
  }

  letGo(need: SlotNeed): void {
    this.#count(need, -1);
  }

  /** The instruments of these slots have gone to other slots: what clients held that left lingers there no more. */
  forget(slots: ReadonlySet<number>): void {
    for (const group of this.#groups.keys()) {
      for (let i = 0; i < group.length; i += 2) {
        if (!slots.has(group[i]!)) continue;
        this.#count({ slot: group[i]!, modes: group[i + 1]! }, -1);
        group[i + 1] = 0;
      }
    }
  }

  #end(group: Entries): SlotNeed[] {
    clearTimeout(this.#groups.get(group));
    this.#groups.delete(group);
    const needs = Array.from({ length: group.length / 2 }, (_, i) => ({
      slot: group[2 * i]!,
      modes: group[2 * i + 1]!,
    }));
    this.#entries -= needs.length;
    for (const need of needs) this.#count(need, -1);
    return needs;
  }

  #count({ slot, modes }: SlotNeed, change: 1 | -1): void {
    for (const mode of MODES) {
      if ((modes & (1 << mode)) === 0) continue;
      const key = slot * SPAN + mode;
      const count = (this.#counts.get(key) ?? 0) + change;
      if (count > 0) this.#counts.set(key, count);
      else this.#counts.delete(key);
    }
  }
}
