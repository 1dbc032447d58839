/**
 * Answers the requests of proxies on other hosts: what main must be asked, it is asked as for a proxy of its own.
 * Bus worker thread, at the pace of clients that come and subscribe.
 */
import { MODE } from '../../codec/tick.ts';
import { readInt64 } from '../../codec/tick-message.ts';
import type { KeyStanding } from '../entitlement-messages.ts';
import { EpochClock } from '../epoch-clock.ts';
import type { FromReader, KeyOutcome, SubscribeOutcome } from '../worker-messages.ts';
import type { BusNews } from './bus-news.ts';
import type { BusStatuses } from './bus-statuses.ts';
import type { BusWishes } from './bus-wishes.ts';
import {
  CONTROL_PROTOCOL,
  type ControlAnswer,
  type ControlRequest,
  type HelloAnswer,
  type HelloData,
  type ResolvedAnswer,
  type ResolveOutcome,
} from './control-message.ts';
import type { TickPublisher } from './tick-publisher.ts';

export interface ControlDeskOptions {
  /** As in the heartbeats. */
  readonly host: string;
  readonly hello: HelloData;
  readonly heartbeatMs: number;
  readonly post: (message: FromReader) => void;
  readonly wishes: Pick<BusWishes, 'resolve'>;
  readonly publisher: Pick<TickPublisher, 'hasLast'>;
  readonly statuses: Pick<BusStatuses, 'present'>;
  readonly news: Pick<BusNews, 'accountOf' | 'publishStatuses'>;
}

type VerifyRequest = Extract<ControlRequest, { readonly type: 'verifyKey' }>;
type ResolveRequest = Extract<ControlRequest, { readonly type: 'resolve' }>;

export class ControlDesk {
  readonly #options: ControlDeskOptions;
  readonly #clock = new EpochClock();
  readonly #stamp = new Int32Array(2);
  readonly #keys = new Map<number, (outcome: KeyOutcome) => void>();
  readonly #asked = new Map<number, (standings: readonly KeyStanding[]) => void>();
  #nextId = 1;

  constructor(options: ControlDeskOptions) {
    this.#options = options;
  }

  answer(request: ControlRequest): ControlAnswer | Promise<ControlAnswer> {
    switch (request.type) {
      case 'hello':
        return this.#hello(request.id);
      case 'verifyKey':
        return this.#verify(request);
      case 'standings':
        return this.#standings(request.id, request.keyIds);
      case 'resolve':
        return this.#resolve(request);
    }
  }

  onKeyVerified(id: number, outcome: KeyOutcome): void {
    this.#keys.get(id)?.(outcome);
    this.#keys.delete(id);
  }

  #hello(id: number): HelloAnswer {
    const { host, hello, heartbeatMs } = this.#options;
    return { id, type: 'hello', protocol: CONTROL_PROTOCOL, host, heartbeatMs, ...hello };
  }

  onStandings(id: number, standings: readonly KeyStanding[]): void {
    this.#asked.get(id)?.(standings);
    this.#asked.delete(id);
  }

  #standings(id: number, keyIds: readonly string[]): Promise<ControlAnswer> {
    const asked = this.#nextId++;
    return new Promise((resolve) => {
      this.#asked.set(asked, (standings) => resolve({ id, type: 'standings', standings }));
      this.#options.post({ type: 'askStandings', id: asked, keyIds });
    });
  }

  #verify({ id, key, checksRights, asker }: VerifyRequest): Promise<ControlAnswer> {
    const asked = this.#nextId++;
    return new Promise((resolve) => {
      this.#keys.set(asked, (verified) => {
        const outcome = checksRights ? verified : refuseLimited(verified);
        const account = outcome.status === 'refused' ? null : this.#options.news.accountOf(outcome.userId);
        resolve({ id, type: 'keyVerified', outcome, account });
      });
      this.#options.post({ type: 'verifyKey', id: asked, key, asker });
    });
  }

  #resolve({ id, account, wishes }: ResolveRequest): Promise<ResolvedAnswer> {
    this.#clock.adjust();
    this.#clock.stamp(this.#stamp, 0);
    const askedAt = readInt64(this.#stamp, 0);
    return new Promise((resolve) => {
      this.#options.wishes.resolve(account, wishes, (found) => {
        const { news, statuses } = this.#options;
        const outcomes = found.map((outcome, i) => this.#outcome(outcome, wishes[i]?.mode ?? MODE.LTP));
        const instruments = outcomes.flatMap((outcome) =>
          outcome.status === 'ok' ? [outcome.instrument] : [],
        );
        news.publishStatuses();
        resolve({ id, type: 'resolved', askedAt, outcomes, statuses: statuses.present(instruments) });
      });
    });
  }

  #outcome(outcome: SubscribeOutcome, mode: Parameters<TickPublisher['hasLast']>[1]): ResolveOutcome {
    if (outcome.status === 'error') return outcome;
    const { slot: _, ...instrument } = outcome.instruments[0]!;
    return { status: 'ok', instrument, hasLast: this.#options.publisher.hasLast(instrument, mode) };
  }
}

/** Who checks no rights would let a key with some do everything. */
function refuseLimited(outcome: KeyOutcome): KeyOutcome {
  if (outcome.status === 'refused' || outcome.rights === null) return outcome;
  const message =
    `This key has the role ${outcome.rights.role}, and this proxy checks no roles: run the same version of Tickwire on ` +
    'feed hosts and proxies';
  return { status: 'refused', code: 'AUTHENTICATION_ERROR', message };
}
