/**
 * One segment (all instruments of an exchange on a connection) on the watchdog's list.
 *
 * | state   | meaning                                  | leaves to                                              |
 * | calm    | ticks come, or none are expected         | probing: silent for too long in market hours           |
 * | probing | everything subscribed again, no answer   | calm: an image or a tick came, it was only quiet       |
 * |         | so far; nobody is alarmed yet            | mute: nothing came                                     |
 * | mute    | steps are taken, one after another       | calm: a tick came                                      |
 *
 * The answer to a probe is looked at twice. Images that repeat what is known prove that nothing was missed. News of a segment
 * that usually ticks without pause proves that it was mute, and cured; when it falls silent again it is mute at once.
 *
 * The steps: a new connection, another connection, the session read anew; then over again with growing pauses. The next
 * silence goes on behind the last step, unless ticks have flowed for a while in between.
 *
 * Feed worker thread, once per look at the clocks. Times are ms of one monotonic clock but for `since`.
 */
import type { FeedVerdict, StallStatus, WatchdogOptions } from './feed-verdict.ts';
import type { WatchedInstrument } from './watched-instrument.ts';

/** A segment whose silence was harmless may be silent for so many times as long before it is probed again. */
const PATIENCE = 2;
/** Looks with ticks after which the longest silence means something, and how many times it is unusual. */
const ENOUGH_LOOKS = 30;
const UNUSUAL = 8;
/** What was learned fades while ticks flow. */
const HALF_LIFE_MS = 600_000;
/** Ticks must flow for so many times the first wait before a recovery counts as over. */
const STABLE_WAITS = 3;

type Step = 'reconnect' | 'move' | 'tokens';
const STEPS: readonly Step[] = ['reconnect', 'move', 'tokens'];

/** What a look finds, as far as it concerns all segments. */
export interface SegmentScene {
  readonly now: number;
  readonly wallMs: number;
  /** Between two looks: silences are known no finer. */
  readonly intervalMs: number;
  readonly options: WatchdogOptions;
  readonly verdict: FeedVerdict;
  /** Another segment of the connection has ticks: a new connection would interrupt them. */
  readonly othersTick: boolean;
}

export class WatchedSegment {
  readonly exchange: string;
  readonly instruments = new Map<number, WatchedInstrument>();
  /** When the latest tick of any instrument came. */
  lastTick = 0;
  status: StallStatus | null = null;
  /** Whether the market was open at the last look. */
  wasOpen = false;
  /** Silence counts from here: connected, subscribed, woken up, or opened and the first ticks are due. */
  quietFrom: number;
  #state: 'calm' | 'probing' | 'mute' = 'calm';
  #stateSince = 0;
  #silenceMs = 0;
  /** The longest silence that turned out to be harmless. */
  #harmlessMs = 0;
  /** The longest silence between two ticks that nobody asked for. */
  #usualMs = 0;
  #looksWithTicks = 0;
  /** All ticks, and how many there were when the present state began. */
  #ticks = 0;
  #ticksBefore = 0;
  #isUnusual = false;
  /** A probe brought ticks back, which have not flowed for a while since. */
  #isCured = false;
  /** Steps taken since ticks last flowed for a while. */
  #steps = 0;
  #nextStepAt = 0;
  #flowingSince = 0;
  /** Ticks have come since the market opened: it is known that this segment can have some. */
  #hasTicked = false;

  constructor(exchange: string, now: number) {
    this.exchange = exchange;
    this.quietFrom = now;
  }

  get isSilent(): boolean {
    return this.#state !== 'calm';
  }

  slots(): number[] {
    return [...this.instruments.keys()];
  }

  /** Notes a status. @returns nothing where it has been told already */
  tell(status: StallStatus, reason: string, since: number, { statuses }: FeedVerdict): void {
    if (this.status === status) return;
    this.status = status;
    statuses.push({ exchange: this.exchange, slots: null, status, since, reason });
    for (const instrument of this.instruments.values()) instrument.calm();
  }

  /** The market is closed, or opens: there is nothing to recover. */
  rest(): void {
    this.#state = 'calm';
    this.#steps = 0;
    this.#isCured = false;
    this.#hasTicked = false;
  }

  /** A new connection is up, or the machine has slept: whatever is under way gets its time anew. */
  restart(now: number, { recoveryWaitMs }: WatchdogOptions): void {
    this.quietFrom = Math.max(this.quietFrom, now);
    if (this.#state === 'probing') this.#state = 'calm';
    this.#nextStepAt = Math.max(this.#nextStepAt, now + recoveryWaitMs);
  }

  /** Judges the silence. To be called while the market is open. */
  judge(scene: SegmentScene): void {
    const { now, options } = scene;
    if (options.muteAfterMs === 0 || this.instruments.size === 0) return;
    const isTicking = this.lastTick > this.#stateSince;
    if (this.lastTick > this.quietFrom) this.#hasTicked = true;
    if (this.#state === 'calm') this.#watch(scene);
    else if (isTicking) this.#answered(scene);
    else if (this.#state === 'probing') {
      if (now - this.#stateSince >= options.recoveryWaitMs) this.#declareMute(scene);
    } else if (now >= this.#nextStepAt) this.#step(scene);
  }

  /** Images come at once or not at all. */
  #flows({ recoveryWaitMs }: WatchdogOptions): boolean {
    if (this.lastTick - this.quietFrom > recoveryWaitMs) return true;
    for (const { flows } of this.instruments.values()) if (flows) return true;
    return false;
  }

  #watch(scene: SegmentScene): void {
    const { now, intervalMs, options, verdict } = scene;
    const { muteAfterMs, recoveryMaxWaitMs, recoveryWaitMs } = options;
    if (this.status !== 'live' && this.#flows(options))
      this.tell('live', 'ticks are back', scene.wallMs, verdict);
    const silenceMs = now - Math.max(this.lastTick, this.quietFrom);
    const patienceMs = Math.min(PATIENCE * this.#harmlessMs, Math.max(recoveryMaxWaitMs, muteAfterMs));
    if (silenceMs > Math.max(muteAfterMs, patienceMs)) {
      this.#silenceMs = silenceMs;
      const isKnown = this.#looksWithTicks >= ENOUGH_LOOKS;
      this.#isUnusual = isKnown && silenceMs > UNUSUAL * Math.max(this.#usualMs, intervalMs);
      this.#enter('probing', now);
      if (this.#isUnusual && this.#isCured) {
        this.#declareMute(scene);
        return;
      }
      verdict.resubscribe.push(...this.slots());
      if (this.#isUnusual) verdict.suspected.push(...this.slots());
    } else if (silenceMs < muteAfterMs / 2) {
      if (this.#flowingSince === 0) this.#flowingSince = now;
      if (now - this.#flowingSince <= STABLE_WAITS * recoveryWaitMs) return;
      this.#steps = 0;
      this.#isCured = false;
    }
  }

  /** Takes in what came since the look at `before`: the time of the latest sign of life, and how many ticks. */
  learn(latest: number, ticks: number, before: number, now: number): void {
    const earlier = this.lastTick;
    if (latest <= earlier) return;
    this.lastTick = latest;
    if (ticks === 0) return;
    this.#ticks += ticks;
    const fading = 0.5 ** ((now - before) / HALF_LIFE_MS);
    this.#harmlessMs *= fading;
    if (this.#state !== 'calm' || earlier < this.quietFrom) return;
    this.#looksWithTicks = Math.min(this.#looksWithTicks + 1, ENOUGH_LOOKS);
    this.#usualMs = Math.max(before - earlier, this.#usualMs * fading);
  }

  #answered({ now, wallMs, options, verdict }: SegmentScene): void {
    const wasMute = this.#state === 'mute';
    if (!wasMute) {
      this.#isCured = this.#isUnusual && this.#ticks > this.#ticksBefore;
      if (!this.#isCured) this.#harmlessMs = Math.max(this.#harmlessMs, this.#silenceMs);
      if (this.#isUnusual && !this.#isCured) verdict.unhurt.push(...this.slots());
    }
    this.#state = 'calm';
    this.#flowingSince = now;
    // Images come with every new connection, also to a feed that is mute behind them.
    if (!wasMute || this.#flows(options)) this.tell('live', 'ticks are back', wallMs, verdict);
  }

  #declareMute(scene: SegmentScene): void {
    const { now, wallMs, verdict } = scene;
    this.#enter('mute', now);
    const silence = seconds(this.#silenceMs + now - this.#stateSince);
    const reason = `no tick of ${this.exchange} for ${silence}, though the connection answers; subscribed again in vain`;
    this.tell('mute', reason, wallMs, verdict);
    verdict.silenced.push(...this.slots());
    // The first step follows at the next look, so that people can read what is wrong before what is done about it.
    this.#nextStepAt = now;
  }

  #step(scene: SegmentScene): void {
    const { now, wallMs, options, verdict, othersTick } = scene;
    const step = STEPS[this.#steps % STEPS.length]!;
    const waitMs = Math.min(
      options.recoveryWaitMs * 2 ** Math.min(this.#steps, 30),
      options.recoveryMaxWaitMs,
    );
    const isRepeated = this.#steps >= STEPS.length;
    this.#steps++;
    this.#nextStepAt = now + waitMs;
    const why = `no tick of ${this.exchange}`;
    // An instrument that never had a tick may be dead; the ticks of others are not to be interrupted for it.
    if (othersTick && !this.#hasTicked) {
      verdict.resubscribe.push(...this.slots());
      return;
    }
    if (step === 'reconnect') verdict.reconnect = why;
    else if (step === 'tokens') verdict.tokens = why;
    else verdict.move.push(...this.slots());
    if (isRepeated) {
      const reason = `${why}, and no step has helped; the next one follows in ${seconds(waitMs)}`;
      this.tell('mute', reason, wallMs, verdict);
    } else {
      this.tell('recovering', `${why}: ${STEP_WORDS[step]}`, wallMs, verdict);
    }
  }

  #enter(state: 'probing' | 'mute', now: number): void {
    this.#state = state;
    this.#stateSince = now;
    this.#ticksBefore = this.#ticks;
    this.#flowingSince = 0;
  }
}

const STEP_WORDS: { readonly [step in Step]: string } = {
  reconnect: 'the connection to the broker is made anew',
  move: 'another connection is asked to carry its instruments',
  tokens: 'the broker session is read anew',
};

function seconds(ms: number): string {
  return ms < 1000 ? `${Math.round(ms)} ms` : `${Math.round(ms / 1000)} s`;
}
