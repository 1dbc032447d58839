/**
 * Unsubscribe, of some symbols or of all. A request for many is done in slices between which the event loop turns, and
 * answered behind the last of them: no tick comes behind the answer. Proxy worker thread.
 */
import {
  parseMode,
  parseSymbols,
  type RawRequest,
  type RequestedSymbol,
} from '../../../codec/client-request.ts';
import { type Json, type JsonList, WrittenList } from '../../../codec/server-message.ts';
import { MODE } from '../../../codec/tick.ts';
import type { SubscriptionLimits } from '../admission/subscription-limits.ts';
import { inParts, type WorkTurns } from '../admission/work-turns.ts';
import { type ClientSession, holdingKey } from '../connection/client-session.ts';
import type { ControlPlane } from '../control-plane.ts';
import type { ClientHoldings } from './client-holdings.ts';
import { modesToRemove } from './modes-to-remove.ts';
import { failedEntry, unsubscribeAnswer } from './subscription-answers.ts';
import type { Refuse } from './subscription-handler.ts';
import type { SubscriptionIndex } from './subscription-index.ts';

/** Symbols that are worked off before it is looked whether the slice is over: some 0.1 ms. */
const PART = 50;

export class UnsubscribeHandler {
  readonly #holdings: ClientHoldings;
  readonly #control: Pick<ControlPlane, 'need'>;
  readonly #index: SubscriptionIndex;
  readonly #limits: Pick<SubscriptionLimits, 'refuseBatch'>;
  readonly #turns: WorkTurns;

  constructor(
    holdings: ClientHoldings,
    control: Pick<ControlPlane, 'need'>,
    index: SubscriptionIndex,
    limits: Pick<SubscriptionLimits, 'refuseBatch'>,
    turns: WorkTurns,
  ) {
    this.#holdings = holdings;
    this.#control = control;
    this.#index = index;
    this.#limits = limits;
    this.#turns = turns;
  }

  unsubscribe(session: ClientSession, request: RawRequest, refuse: Refuse): Promise<void> | undefined {
    const parsed =
      this.#limits.refuseBatch(request) ??
      parseSymbols(request, 'Either symbols or unsubscribe_all is required');
    if (!parsed.ok) {
      if (request.unsubscribe_all) return this.unsubscribeAll(session, request);
      return void refuse(session, parsed.code, parsed.message);
    }
    const { symbols, batch } = parsed;
    const broker = session.identity?.broker ?? '';
    const { dialect } = session.options;
    if (!batch) {
      const mode = parseMode(request.mode === undefined ? MODE.QUOTE : request.mode, dialect);
      if (!mode.ok) return void refuse(session, 'INVALID_MODE', mode.message);
    }
    const [successful, failed] = [new AnswerList(session, symbols), new AnswerList(session, symbols)];
    const end = (some: readonly RequestedSymbol[]) => {
      const slots = new Set<number>();
      const [ended, refused]: [Json[], Json[]] = [[], []];
      for (const entry of some) {
        const { symbol, exchange } = entry;
        const modes = modesToRemove(entry, batch, request.mode, dialect);
        if (typeof modes === 'string') {
          refused.push(failedEntry(symbol, exchange, modes, broker));
          continue;
        }
        for (const holding of session.holdings.get(holdingKey(exchange, symbol)) ?? []) {
          for (const mode of modes) this.#holdings.release(session, holding, mode);
          slots.add(holding.instrument.slot);
        }
        ended.push({ symbol, exchange, status: 'success', broker });
      }
      this.#control.need([...slots].map((slot) => this.#index.need(slot)));
      successful.add(ended);
      failed.add(refused);
    };
    return this.#inTurns(session, symbols, end, () =>
      session.send(unsubscribeAnswer(successful.list, failed.list, broker, request)),
    );
  }

  unsubscribeAll(session: ClientSession, request: RawRequest): Promise<void> | undefined {
    const broker = session.identity?.broker ?? '';
    const names = [...session.holdings.keys()];
    const successful = new AnswerList(session, names);
    const end = (some: readonly string[]) => {
      const ended: Json[] = [];
      for (const name of some) {
        // Rights that were taken away meanwhile may have ended it.
        const held = session.holdings.get(name) ?? [];
        const modes = Math.max(0, ...held.map(({ streams }) => streams.size));
        for (let i = 0; i < modes; i++) {
          const { symbol, exchange } = held[0]!.instrument;
          ended.push({ symbol, exchange, status: 'success', broker });
        }
      }
      this.#holdings.releaseNames(session, some);
      successful.add(ended);
    };
    return this.#inTurns(session, names, end, () =>
      session.send(unsubscribeAnswer(successful.list, [], broker, request)),
    );
  }

  /** @returns undefined when it was done at once */
  #inTurns<T>(
    session: ClientSession,
    all: readonly T[],
    work: (some: readonly T[]) => void,
    answer: () => void,
  ): Promise<void> | undefined {
    // What a client that goes still holds ends with it.
    const done = this.#turns.each(inParts(all, PART), work, () => session.open);
    if (done === undefined) return void answer();
    return done.then(answer);
  }
}

/** Entries of an answer: written bit by bit when there are many. */
class AnswerList {
  readonly list: JsonList;
  readonly #add: (entries: readonly Json[]) => void;

  constructor({ options }: ClientSession, all: readonly unknown[]) {
    if (all.length <= PART) {
      const list: Json[] = [];
      this.list = list;
      this.#add = (entries) => list.push(...entries);
    } else {
      const list = new WrittenList(options.framing);
      this.list = list;
      this.#add = (entries) => list.add(entries);
    }
  }

  add(entries: readonly Json[]): void {
    this.#add(entries);
  }
}
