import type { Mode } from '../../codec/tick.ts';
import type { SeededRandom } from './seeded-random.ts';
import type { SimulatedInstrument } from './simulated-instrument.ts';
import { TICK_CLASSES, type TickClass } from './traffic-profiles.ts';

/** A token, or a (token, mode) pair, of one connection. */
export interface FrameSubscription<Receiver> {
  readonly instrument: SimulatedInstrument;
  /** Changes on a wire where a token has one mode. */
  mode: Mode;
  readonly receiver: Receiver;
}

/** An instrument that somebody subscribed, and its subscriptions. */
export interface ActiveInstrument<Receiver> {
  readonly instrument: SimulatedInstrument;
  readonly subscriptions: FrameSubscription<Receiver>[];
  /** Its place in the list of its class; moves when another one leaves. */
  place: number;
}

/** The instruments that tick. Adding, removing and picking take constant time. */
export class ActiveInstruments<Receiver> {
  readonly #rates: Readonly<Record<TickClass, number>>;
  readonly #byInstrument = new Map<SimulatedInstrument, ActiveInstrument<Receiver>>();
  readonly #byClass: Readonly<Record<TickClass, ActiveInstrument<Receiver>[]>> = {
    index: [],
    liquid: [],
    middling: [],
    illiquid: [],
  };
  #totalRate = 0;

  /** @param rates Ticks per second of one instrument, by class. */
  constructor(rates: Readonly<Record<TickClass, number>>) {
    this.#rates = rates;
  }

  get size(): number {
    return this.#byInstrument.size;
  }

  /** Ticks per second of all active instruments together. */
  get totalRate(): number {
    return this.#totalRate;
  }

  add(subscription: FrameSubscription<Receiver>): void {
    const { instrument } = subscription;
    const existing = this.#byInstrument.get(instrument);
    if (existing !== undefined) {
      existing.subscriptions.push(subscription);
      return;
    }
    const list = this.#byClass[instrument.tickClass];
    const active = { instrument, subscriptions: [subscription], place: list.length };
    list.push(active);
    this.#byInstrument.set(instrument, active);
    this.#sumRates();
  }

  remove(subscription: FrameSubscription<Receiver>): void {
    const { instrument } = subscription;
    const active = this.#byInstrument.get(instrument);
    const at = active?.subscriptions.indexOf(subscription) ?? -1;
    if (active === undefined || at < 0) return;
    active.subscriptions.splice(at, 1);
    if (active.subscriptions.length > 0) return;
    this.#byInstrument.delete(instrument);
    const list = this.#byClass[instrument.tickClass];
    const last = list.pop();
    if (last !== undefined && last !== active) {
      last.place = active.place;
      list[active.place] = last;
    }
    this.#sumRates();
  }

  /**
   * An instrument drawn by its rate, or undefined if there is none. Runs in the simulated exchange's thread for every
   * tick; neither allocates nor throws.
   */
  pick(random: SeededRandom): ActiveInstrument<Receiver> | undefined {
    let draw = random.fraction() * this.#totalRate;
    let candidates: ActiveInstrument<Receiver>[] = [];
    for (const tickClass of TICK_CLASSES) {
      const list = this.#byClass[tickClass];
      if (list.length === 0) continue;
      candidates = list;
      draw -= list.length * this.#rates[tickClass];
      if (draw < 0) break;
    }
    return candidates[random.below(candidates.length)];
  }

  /** Every active instrument, in the order in which they became active. */
  all(): IterableIterator<ActiveInstrument<Receiver>> {
    return this.#byInstrument.values();
  }

  #sumRates(): void {
    this.#totalRate = TICK_CLASSES.reduce(
      (sum, tickClass) => sum + this.#byClass[tickClass].length * this.#rates[tickClass],
      0,
    );
  }
}
