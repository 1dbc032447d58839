/**
 * The control plane of a proxy that is fed over the bus: questions go to the feed hosts, needs become topics. Proxy worker
 * thread, at the pace of clients that come and subscribe.
 */
import { MAX_KEY_LENGTH } from '../bus/control-message.ts';
import { isName } from '../bus/foreign-json.ts';
import type { ControlPlane, SubscribeAnswer, VerifiedKey } from '../proxy/control-plane.ts';
import type { InstrumentWish, SlotNeed, SubscribeOutcome } from '../worker-messages.ts';
import { bestVerdict } from './best-verdict.ts';
import type { FeedGroup } from './feed-group.ts';
import { resolveAt, splitWishes, Unreachable, verifyKeyAt } from './group-requests.ts';
import type { LocalSlots } from './local-slots.ts';
import type { SourceInstrument } from './source-instrument.ts';

const UNAVAILABLE = 'FEED_UNAVAILABLE';
/** In the words of a feed host. */
const INVALID_KEY = { status: 'refused', code: 'AUTHENTICATION_ERROR', message: 'Invalid API key' } as const;
const NS_PER_MS = 1e6;

export interface BusControlOptions {
  readonly groups: readonly FeedGroup[];
  readonly slots: LocalSlots<SourceInstrument>;
  /** Longest wait for the first message of what was subscribed. */
  readonly timeoutMs: number;
}

/** A wish that was granted, and what it keeps until its client holds the instrument. */
interface Grant {
  readonly entry: SourceInstrument;
  readonly wish: InstrumentWish;
  /** The host answers the topic's subscription with a last value. */
  readonly hasLast: boolean;
}

interface Part {
  readonly outcomes: readonly SubscribeOutcome[];
  readonly grants: readonly Grant[];
  readonly askedAt: number;
}

export class BusControl implements ControlPlane {
  readonly #options: BusControlOptions;
  /** Instruments whose need has changed. */
  readonly #changed = new Set<SourceInstrument>();
  #sweep: NodeJS.Immediate | undefined;
  #isStopped = false;

  constructor(options: BusControlOptions) {
    this.#options = options;
  }

  /** Of several feeds, the first that knows the key; a feed that cannot be asked might know it. */
  async verifyKey(key: string, asker = ''): Promise<VerifiedKey> {
    // A request that is too large would cost this proxy its connection, and all others their answers.
    if (key.length > MAX_KEY_LENGTH) return INVALID_KEY;
    try {
      return await bestVerdict(this.#options.groups.map((group) => verifyKeyAt(group, key, asker)));
    } catch (error) {
      return { status: 'refused', code: UNAVAILABLE, message: messageOf(error) };
    }
  }

  /** Answered when the last values are here that the feed host will send, so that they can be handed out behind it. */
  async subscribe(account: string, wishes: readonly InstrumentWish[]): Promise<SubscribeAnswer> {
    const slash = account.indexOf('/');
    const group = this.#options.groups[Number(account.slice(0, slash))]!;
    const user = account.slice(slash + 1);
    const askable = wishes.filter(isAskable);
    const parts = await Promise.all(splitWishes(askable).map((part) => this.#ask(group, user, part)));
    const grants = parts.flatMap((part) => part.grants);
    await this.#firstValues(grants);
    // Whoever asked says within this turn what it needs from now on.
    setImmediate(() => {
      for (const { entry, wish } of grants) {
        entry.lower(wish.mode);
        this.#change(entry);
      }
    });
    const answers = parts.flatMap(({ outcomes }) => outcomes).values();
    const outcomes = wishes.map((wish) => (isAskable(wish) ? answers.next().value! : unknownSymbol(wish)));
    return { outcomes, askedAt: Math.min(...parts.map(({ askedAt }) => askedAt)) };
  }

  need(needs: readonly SlotNeed[]): void {
    for (const { slot, modes } of needs) {
      const entry = this.#options.slots.get(slot);
      if (entry === undefined) continue;
      entry.need(modes);
      this.#change(entry);
    }
  }

  /** From now on needs change no topic. */
  stop(): void {
    this.#isStopped = true;
    clearImmediate(this.#sweep);
  }

  async #ask(group: FeedGroup, user: string, wishes: readonly InstrumentWish[]): Promise<Part> {
    try {
      const { link, answer } = await resolveAt(group, user, wishes);
      for (const status of answer.statuses) group.onStatus(link, status);
      const grants: Grant[] = [];
      const outcomes = answer.outcomes.map((outcome, i): SubscribeOutcome => {
        if (outcome.status === 'error') return outcome;
        const wish = wishes[i]!;
        const entry = group.claim(outcome.instrument, link.host);
        // Another host's promise says nothing of the one that is followed.
        grants.push({ entry, wish, hasLast: outcome.hasLast && entry.followed === link.host });
        entry.raise(wish.mode);
        group.update(entry);
        return { status: 'ok', instruments: [entry.instrument] };
      });
      group.publishStatuses(grants.map(({ entry }) => entry));
      return { outcomes, grants, askedAt: answer.askedAt };
    } catch (error) {
      return this.#withoutHost(group, user, wishes, error);
    }
  }

  /** While no host can be asked: what somebody here holds in that mode comes again with the host; nothing else can be promised. */
  #withoutHost(group: FeedGroup, user: string, wishes: readonly InstrumentWish[], error: unknown): Part {
    const broker = group.accounts.get(user)?.broker ?? '';
    const grants: Grant[] = [];
    const outcomes = wishes.map((wish): SubscribeOutcome => {
      const entry = group.find(broker, wish.exchange, wish.symbol);
      if (entry === undefined || !entry.holds(wish.mode)) {
        return { status: 'error', code: UNAVAILABLE, message: messageOf(error) };
      }
      entry.raise(wish.mode);
      grants.push({ entry, wish, hasLast: false });
      return { status: 'ok', instruments: [entry.instrument] };
    });
    return { outcomes, grants, askedAt: Date.now() * NS_PER_MS };
  }

  async #firstValues(grants: readonly Grant[]): Promise<void> {
    const waits = grants
      .filter(({ entry, wish, hasLast }) => hasLast && !entry.hasLast(wish.mode))
      .map(({ entry, wish }) => {
        let done = () => {};
        const value = new Promise<void>((resolve) => {
          done = resolve;
        });
        entry.waitForLast(wish.mode, done);
        return { value, stop: () => entry.stopWaiting(done) };
      });
    if (waits.length === 0) return;
    let timer: NodeJS.Timeout | undefined;
    const tooLate = new Promise<void>((resolve) => {
      timer = setTimeout(resolve, this.#options.timeoutMs).unref();
    });
    await Promise.race([Promise.all(waits.map(({ value }) => value)), tooLate]);
    clearTimeout(timer);
    for (const { stop } of waits) stop();
  }

  /** Worked off behind this turn: a need that ends and begins again in one turn changes no topic. */
  #change(entry: SourceInstrument): void {
    if (this.#isStopped) return;
    this.#changed.add(entry);
    this.#sweep ??= setImmediate(() => {
      this.#sweep = undefined;
      for (const changed of this.#changed) this.#options.groups[changed.group]!.update(changed);
      this.#changed.clear();
    });
  }
}

function isAskable({ exchange, symbol }: InstrumentWish): boolean {
  return isName(exchange) && isName(symbol);
}

/** In the words of a feed host; no instrument has a name of such a length. */
function unknownSymbol({ exchange, symbol }: InstrumentWish): SubscribeOutcome {
  const message = `Symbol ${symbol} not found for exchange ${exchange}`;
  return { status: 'error', code: 'SYMBOL_NOT_FOUND', message };
}

function messageOf(error: unknown): string {
  if (error instanceof Unreachable) return error.message;
  throw error;
}
