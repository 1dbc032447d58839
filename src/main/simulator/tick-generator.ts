import { type ActiveInstrument, ActiveInstruments, type FrameSubscription } from './active-instruments.ts';
import { SeededRandom } from './seeded-random.ts';
import type { SimulatedInstrument } from './simulated-instrument.ts';
import { SimulatedMarket } from './simulated-market.ts';
import type { SimulatorSettings } from './simulator-options.ts';
import { TickSchedule } from './tick-schedule.ts';
import { TRAFFIC_PROFILES } from './traffic-profiles.ts';

/** Called with an instrument that has just ticked; its subscriptions say who gets a frame in which mode. */
export type DeliverTick<Receiver> = (active: ActiveInstrument<Receiver>) => void;

/**
 * Which token ticks when, without a socket, a timer or a clock of its own. The same settings, subscriptions, times and
 * number of steps give the same ticks.
 */
export class TickGenerator<Receiver> {
  readonly #market: SimulatedMarket;
  readonly #active: ActiveInstruments<Receiver>;
  readonly #schedule: TickSchedule;
  readonly #pickRandom: SeededRandom;
  readonly #ticksPerSecond: number | null;

  constructor(
    settings: Pick<SimulatorSettings, 'wire' | 'seed' | 'profile' | 'ticksPerSecond' | 'instruments'>,
  ) {
    const profile = TRAFFIC_PROFILES[settings.profile];
    this.#market = new SimulatedMarket(settings.wire, settings.seed, settings.instruments);
    this.#active = new ActiveInstruments(profile.rates);
    this.#ticksPerSecond = settings.ticksPerSecond;
    // Different streams for which and when: the number of looks at the clock changes nothing in what is picked.
    this.#pickRandom = new SeededRandom(settings.seed + 1);
    const arrivals = settings.ticksPerSecond === null ? new SeededRandom(settings.seed + 2) : null;
    this.#schedule = new TickSchedule(profile.burst, arrivals);
  }

  /** Ticks skipped after a standstill of more than five seconds. */
  get skipped(): number {
    return this.#schedule.skipped;
  }

  /** Whether somebody subscribed anything. */
  get hasSubscriptions(): boolean {
    return this.#active.size > 0;
  }

  /** The market of a token, made on first use. */
  instrument(exchangeType: number, token: string, nowMs: number): SimulatedInstrument {
    return this.#market.instrument(exchangeType, token, nowMs);
  }

  /** From `nowMs` on, the pair ticks. */
  add(subscription: FrameSubscription<Receiver>, nowMs: number): void {
    if (!this.hasSubscriptions) this.#schedule.rest(nowMs);
    this.#active.add(subscription);
  }

  remove(subscription: FrameSubscription<Receiver>): void {
    this.#active.remove(subscription);
  }

  /** Delivers what is due by the clock. */
  run(nowMs: number, deliver: DeliverTick<Receiver>): void {
    if (!this.hasSubscriptions) return;
    this.step(this.#schedule.due(nowMs, this.#rate), nowMs, deliver);
  }

  /** Time passes without ticks, which are not made up for. */
  rest(nowMs: number): void {
    this.#schedule.rest(nowMs);
  }

  /** Delivers exactly `count` ticks, whatever the clock says. */
  step(count: number, nowMs: number, deliver: DeliverTick<Receiver>): void {
    for (let tick = 0; tick < count; tick++) {
      const active = this.#active.pick(this.#pickRandom);
      if (active === undefined) return;
      this.#market.step(active.instrument, nowMs);
      deliver(active);
    }
  }

  /** Delivers one tick of every instrument that somebody subscribed. */
  stepEach(nowMs: number, deliver: DeliverTick<Receiver>): void {
    for (const active of this.#active.all()) {
      this.#market.step(active.instrument, nowMs);
      deliver(active);
    }
  }

  /** Milliseconds until the next tick may be due; infinite when nothing ticks by itself. */
  msToNext(): number {
    return this.#schedule.msToNext(this.#rate);
  }

  get #rate(): number {
    return this.#ticksPerSecond ?? this.#active.totalRate;
  }
}
