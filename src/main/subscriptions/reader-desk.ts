/**
 * Answers what bus and proxy workers ask of the control plane: whose key is this, which slot has this instrument, and
 * notes what they need.
 */
import type { Logger } from 'pino';
import { type Instrument, MODE, type Mode } from '../../codec/tick.ts';
import { hasFittingStrings } from '../../codec/tick-message.ts';
import type {
  InstrumentMove,
  InstrumentName,
  InstrumentWish,
  KeyOutcome,
  SubscribeOutcome,
  ToReader,
} from '../../workers/worker-messages.ts';
import type { Account } from '../brokers/account.ts';
import type { Accounts } from '../brokers/accounts.ts';
import type { FeedStatus } from '../brokers/feed-status.ts';
import type { Entitlements } from '../entitlements/entitlements.ts';
import type { KeyOwners } from '../entitlements/key-owners.ts';
import { TickwireError } from '../errors.ts';
import type { InstrumentTable } from '../instruments/instrument-table.ts';
import type { OpenAlgoBus } from '../openalgo/openalgo-bus.ts';
import type { ReaderMessage } from '../reader-workers.ts';
import type { SlotTable } from './slot-table.ts';
import type { RaisedNeed, ReaderRequest, SubscriptionRegistry } from './subscription-registry.ts';

const CAPACITY = 'MAX_CAPACITY_REACHED';
/** Needs what a reader that is gone needed until its successor has asked for it. No worker has this number. */
const HEIR = -1;
/** How often the log says that keys come faster than they can be checked. */
const BUSY_REPORT_MS = 10_000;
/** Longest token of any broker's wire; a longer one in a row of the table can name nothing. */
const MAX_TOKEN_BYTES = 25;

export interface ReaderDeskOptions {
  readonly accounts: Accounts;
  readonly keys: Pick<KeyOwners, 'verify'>;
  readonly entitlements: Pick<Entitlements, 'standing'>;
  /** The instruments of a broker. */
  readonly instruments: (broker: string) => InstrumentTable;
  readonly slots: SlotTable;
  readonly registry: SubscriptionRegistry;
  readonly statuses: Pick<FeedStatus, 'of'>;
  /** Tells every reader. */
  readonly post: (message: ToReader) => void;
  /** Null when OpenAlgo's bus is not bound. */
  readonly openalgoBus: OpenAlgoBus | null;
  readonly log: Logger;
}

/** What a name stands for at a broker. */
type Resolved =
  | { readonly status: 'ok'; readonly instrument: Instrument }
  | Extract<SubscribeOutcome, { readonly status: 'error' }>;

export class ReaderDesk {
  readonly #options: ReaderDeskOptions;
  #heirTimer: NodeJS.Timeout | undefined;
  /** ms of performance.now() */
  #nextBusyReport = 0;

  constructor(options: ReaderDeskOptions) {
    this.#options = options;
  }

  /** @param reader the worker's number, under which its needs are kept */
  onMessage(reader: number, message: ReaderMessage, reply: (answer: ToReader) => void): void {
    switch (message.type) {
      case 'verifyKey':
        void this.#verify(message.key, message.asker).then((outcome) => {
          const status =
            outcome.status === 'refused' ? undefined : this.#options.accounts.status(outcome.userId);
          if (status !== undefined) reply({ type: 'account', status });
          reply({ type: 'keyVerified', id: message.id, outcome });
        });
        break;
      case 'askStandings': {
        const standings = message.keyIds.map((keyId) => this.#options.entitlements.standing(keyId));
        reply({ type: 'standings', id: message.id, standings });
        break;
      }
      case 'subscribe': {
        const { id, account, broker, wishes } = message;
        const request = { reader, id };
        const outcomes = this.#subscribe(request, this.#accountOf(account, broker), wishes);
        // A subscriber of our own bus names a broker's ticks; clients know no difference.
        const isClient = account !== '';
        // A reader that was started anew knows nothing yet of what others hold already.
        for (const news of this.#options.statuses.of(slotsOf(outcomes))) reply(news);
        reply({
          type: 'subscribed',
          id,
          outcomes: isClient ? this.#addForeign(request, account, wishes, outcomes) : outcomes,
        });
        break;
      }
      case 'need':
        this.#options.registry.set(reader, message.needs, message.answered);
        this.#options.openalgoBus?.set(reader, message.needs, message.answered);
        break;
      default:
        throw new Error(`a reader sent an unexpected message: ${JSON.stringify(message)}`);
    }
  }

  /** @param lingerMs for so long what it needed stays subscribed, for whoever takes its place */
  onReaderGone(reader: number, lingerMs: number): void {
    const { registry, openalgoBus } = this.#options;
    openalgoBus?.drop(reader);
    if (lingerMs === 0) {
      registry.drop(reader);
      return;
    }
    registry.handOver(reader, HEIR);
    clearTimeout(this.#heirTimer);
    this.#heirTimer = setTimeout(() => registry.drop(HEIR), lingerMs);
  }

  stop(): void {
    clearTimeout(this.#heirTimer);
  }

  /**
   * The instruments or a user's broker have changed: what is subscribed moves to the token that its name stands for now.
   * A name that is gone stays on its token, since a contract that is no longer listed may still trade. One for whose new
   * token there is no room stays too; this is called again when there is.
   */
  followInstruments(): void {
    const { accounts, slots, registry, statuses, post, log } = this.#options;
    const moves: InstrumentMove[] = [];
    let gone = 0;
    const waiting: string[] = [];
    for (const instrument of registry.instruments()) {
      const account = accounts.find(slots.accountOf(instrument.slot), '');
      if (account === undefined) continue;
      const outcome = this.#resolve(account, instrument, registry.baseModeOf(instrument.slot));
      if (outcome.status === 'error' && outcome.code === CAPACITY) {
        waiting.push(`${instrument.exchange}:${instrument.symbol} (${outcome.message})`);
      } else if (outcome.status === 'error') gone++;
      else if (outcome.instrument.slot !== instrument.slot) {
        registry.follow(instrument.slot, outcome.instrument, account.pool);
        moves.push({ from: instrument.slot, to: outcome.instrument });
      }
    }
    if (moves.length > 0) {
      for (const news of statuses.of(moves.map(({ to }) => to.slot))) post(news);
      post({ type: 'moved', moves });
    }
    if (moves.length + gone > 0) {
      log.info(
        { moved: moves.length, gone },
        'subscribed instruments follow the new table; those that it does not name stay as they were',
      );
    }
    if (waiting.length > 0) {
      const text =
        'instruments have new tokens for which there is no room: they stay on their old ones until there is';
      log.warn({ instruments: waiting.length, first: waiting.slice(0, 5) }, text);
    }
  }

  async #verify(key: string, asker: string): Promise<KeyOutcome> {
    try {
      const known = await this.#options.keys.verify(key, asker);
      if ('status' in known) return known;
      const { userId } = known;
      const outcome = this.#options.accounts.open(userId);
      if (outcome.status === 'error') {
        return { status: 'brokerError', ...known, code: outcome.code, message: outcome.message };
      }
      const { name, broker } = outcome.account;
      return { status: 'ok', ...known, account: name, broker: broker.name };
    } catch (error) {
      this.#reportUnchecked(error);
      const message = 'The key could not be checked now; try again in a few seconds';
      return { status: 'refused', code: 'AUTHENTICATION_ERROR', message };
    }
  }

  /** Of keys that had to wait too long once in a while: an attack must not fill the log. */
  #reportUnchecked(error: unknown): void {
    const { log } = this.#options;
    if (!(error instanceof TickwireError) || error.code !== 'KEY_CHECKS_BUSY') {
      log.error({ err: error }, 'an API key could not be checked');
      return;
    }
    const now = performance.now();
    if (now < this.#nextBusyReport) return;
    this.#nextBusyReport = now + BUSY_REPORT_MS;
    log.warn({ detail: error.message }, 'API keys come faster than they can be checked');
  }

  #accountOf(name: string, broker: string): Account | undefined {
    const { accounts, log } = this.#options;
    try {
      return accounts.find(name, broker) ?? (name === '' ? accounts.openFirst(broker) : undefined);
    } catch (error) {
      log.error({ err: error, broker }, 'the broker session could not be read');
      return undefined;
    }
  }

  #subscribe(
    request: ReaderRequest,
    account: Account | undefined,
    wishes: readonly InstrumentWish[],
  ): SubscribeOutcome[] {
    if (account === undefined) {
      return wishes.map(() => ({
        status: 'error',
        code: 'BROKER_ERROR',
        message: 'Broker adapter not found',
      }));
    }
    const resolved = wishes.map((wish) => this.#resolve(account, wish, wish.mode));
    const raised = resolved.flatMap((each, i) =>
      each.status === 'ok' ? [{ instrument: each.instrument, mode: wishes[i]!.mode }] : [],
    );
    account.pool.askAgain(raised.map(({ instrument }) => instrument.slot));
    this.#options.registry.add(request, raised, account.pool);
    return resolved.map((each) =>
      each.status === 'ok' ? { status: 'ok', instruments: [each.instrument] } : each,
    );
  }

  /**
   * Adds to each instrument the slot of its ticks from foreign publishers on OpenAlgo's bus. There are none of more than
   * five levels, and a full table leaves the broker's ticks alone.
   */
  #addForeign(
    request: ReaderRequest,
    account: string,
    wishes: readonly InstrumentWish[],
    outcomes: readonly SubscribeOutcome[],
  ): readonly SubscribeOutcome[] {
    const { openalgoBus, slots } = this.#options;
    if (openalgoBus === null) return outcomes;
    const claimed: RaisedNeed[] = [];
    const both = outcomes.map((outcome, i) => {
      const { mode } = wishes[i]!;
      if (outcome.status !== 'ok' || mode === MODE.DEEP_DEPTH) return outcome;
      const { broker, exchange, symbol } = outcome.instruments[0]!;
      // A name that no account has: the broker is what clients read in these ticks too.
      const owner = `${account}\0${broker}`;
      const foreign = slots.claim(owner, { broker, exchange, symbol, segment: 0, token: '' });
      if (foreign === null) return outcome;
      claimed.push({ instrument: foreign, mode });
      return { ...outcome, instruments: [...outcome.instruments, foreign] };
    });
    openalgoBus.subscribe(request, claimed);
    return both;
  }

  /** @param mode in which it shall be carried, beside those in which it is */
  #resolve(account: Account, { exchange, symbol }: InstrumentName, mode: Mode): Resolved {
    const { slots } = this.#options;
    const row = this.#options.instruments(account.broker.name).find(exchange, symbol);
    const address = row === undefined ? null : account.broker.resolve(row);
    if (address === null) {
      const message = `Symbol ${symbol} not found for exchange ${exchange}`;
      return { status: 'error', code: 'SYMBOL_NOT_FOUND', message };
    }
    const { segment, token } = address;
    const broker = account.broker.name;
    if (
      !hasFittingStrings({ broker, exchange, symbol, token }) ||
      Buffer.byteLength(token) > MAX_TOKEN_BYTES
    ) {
      const message = `The instrument table's row of ${symbol} on ${exchange} has a name or token that is too long`;
      return { status: 'error', code: 'INSTRUMENT_INVALID', message };
    }
    const instrument = slots.claim(account.name, { broker, exchange, symbol, segment, token });
    if (instrument === null) {
      const message = `Maximum capacity reached: TICKWIRE_MAX_INSTRUMENTS is ${slots.capacity}`;
      return { status: 'error', code: CAPACITY, message };
    }
    const refusal = account.pool.claim(instrument, mode);
    return refusal === null ? { status: 'ok', instrument } : { status: 'error', ...refusal };
  }
}

function slotsOf(outcomes: readonly SubscribeOutcome[]): number[] {
  return outcomes.flatMap((outcome) =>
    outcome.status === 'ok' ? outcome.instruments.map(({ slot }) => slot) : [],
  );
}
