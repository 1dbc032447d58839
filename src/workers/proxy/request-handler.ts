/**
 * What each action of the client protocol does. An action that needs the control plane returns a promise; the session
 * keeps later requests waiting until it is settled. Proxy worker thread.
 */
import { type ParsedRequest, parseRequest, type RawRequest } from '../../codec/client-request.ts';
import { findOptionConflict, resolveOptions } from '../../codec/connection-options.ts';
import type { Dialect } from '../../codec/dialect.ts';
import { FEATURE } from '../../codec/framing.ts';
import { LONG_BYTES, LongRequest } from '../../codec/long-request.ts';
import { designError, errorMessage, type Json, type ServerMessage } from '../../codec/server-message.ts';
import type { ClientLimits } from '../admission-messages.ts';
import type { AccountStatus } from '../worker-messages.ts';
import type { AdmittedKey, KeyAdmission } from './admission/key-admission.ts';
import type { ClientSession, Identity } from './connection/client-session.ts';
import { CLOSE } from './connection/close-codes.ts';
import type { EntitlementDesk } from './entitlements/entitlement-desk.ts';
import type { OrderRelay } from './order-relay.ts';
import type { FeedOffers } from './proxy-intake.ts';
import type { SessionRegistrar } from './sessions/session-registrar.ts';
import type { ClientHoldings } from './subscriptions/client-holdings.ts';
import type { Refuse, SubscriptionHandler } from './subscriptions/subscription-handler.ts';
import type { UnsubscribeHandler } from './subscriptions/unsubscribe-handler.ts';

type Action = (session: ClientSession, request: RawRequest) => Promise<void> | undefined;

/** Who sends only these asks for nothing. */
const PINGS: ReadonlySet<string> = new Set(['ping', 'pong']);

export class RequestHandler {
  readonly #keys: KeyAdmission;
  readonly #holdings: Pick<ClientHoldings, 'releaseAll'>;
  readonly #entitlements: Pick<EntitlementDesk, 'revise' | 'review'>;
  readonly #offers: Pick<FeedOffers, 'supportedBrokers'>;
  readonly #sessions: Pick<SessionRegistrar, 'begin' | 'leave'>;
  readonly #orders: Pick<OrderRelay, 'release'>;
  readonly #defaultDialect: Dialect;
  readonly #limits: Pick<ClientLimits, 'maxBatch'>;
  readonly #actions: ReadonlyMap<string, Action>;
  /** Every broker session that the control plane has told of, by owner. */
  readonly #accounts = new Map<string, AccountStatus>();
  /** Requests handled, and those answered with an error, by code. */
  requests = 0;
  readonly errors: Record<string, number> = {};

  constructor(
    keys: KeyAdmission,
    holdings: Pick<ClientHoldings, 'releaseAll'>,
    subscriptions: Pick<SubscriptionHandler, 'subscribe'>,
    unsubscriptions: UnsubscribeHandler,
    entitlements: Pick<EntitlementDesk, 'revise' | 'review'>,
    orders: OrderRelay,
    offers: Pick<FeedOffers, 'supportedBrokers'>,
    sessions: Pick<SessionRegistrar, 'begin' | 'leave'>,
    defaultDialect: Dialect,
    limits: Pick<ClientLimits, 'maxBatch'>,
  ) {
    this.#keys = keys;
    this.#holdings = holdings;
    this.#entitlements = entitlements;
    this.#offers = offers;
    this.#sessions = sessions;
    this.#orders = orders;
    this.#defaultDialect = defaultDialect;
    this.#limits = limits;
    const authenticated =
      (action: Action): Action =>
      (session, request) => {
        if (session.identity !== null) return action(session, request);
        this.#refuse(session, 'NOT_AUTHENTICATED', 'You must authenticate first');
        return undefined;
      };
    const refuse: Refuse = (session, code, message, whole) => this.#refuse(session, code, message, whole);
    this.#actions = new Map<string, Action>([
      ['authenticate', (session, request) => this.#authenticate(session, request)],
      ['auth', (session, request) => this.#authenticate(session, request)],
      ['subscribe', authenticated((session, request) => subscriptions.subscribe(session, request, refuse))],
      [
        'unsubscribe',
        authenticated((session, request) => unsubscriptions.unsubscribe(session, request, refuse)),
      ],
      [
        'unsubscribe_all',
        authenticated((session, request) => unsubscriptions.unsubscribeAll(session, request)),
      ],
      ['subscribe_orders', authenticated((session, request) => orders.subscribe(session, request, refuse))],
      ['unsubscribe_orders', authenticated((session, request) => orders.unsubscribe(session, request))],
      ['get_broker_info', authenticated((session) => this.#brokerInfo(session))],
      ['get_supported_brokers', (session) => this.#listBrokers(session)],
      ['ping', (session, request) => this.#pong(session, request)],
      // A client that answers pings the server never sent gets no error for it.
      ['pong', () => undefined],
    ]);
  }

  /** A broker session has changed: those connections are the account's that belong to its user. */
  onAccount(owner: string, status: AccountStatus, sessions: Iterable<ClientSession>): void {
    const { name, broker, hasSession } = status;
    const known = this.#accounts.get(owner);
    this.#accounts.set(owner, status);
    // It is told with every key of the user's, however many clients there are.
    if (known !== undefined && isSameAccount(known, status)) return;
    for (const session of sessions) {
      if (session.identity?.owner !== owner) continue;
      session.identity = { ...session.identity, userId: name, account: hasSession ? owner : '', broker };
    }
  }

  /** Handles one message. A failure that nobody foresaw is answered, not thrown: it must not end the worker. */
  readonly handle = (session: ClientSession, bytes: Uint8Array): Promise<void> | undefined => {
    this.requests++;
    const verdict = session.allowance.take(bytes.length, performance.now());
    if (verdict !== 'ok') return void this.#refuseRate(session, bytes.length, verdict === 'flood');
    const fail = (error: unknown) =>
      this.#refuse(session, 'PROCESSING_ERROR', error instanceof Error ? error.message : String(error));
    try {
      const parsed = bytes.length > LONG_BYTES ? this.#readLong(session, bytes) : parseRequest(bytes);
      const done =
        parsed instanceof Promise
          ? parsed.then((request) => (request === null ? undefined : this.#dispatch(session, request)))
          : this.#dispatch(session, parsed);
      return done?.catch(fail);
    } catch (error) {
      fail(error);
      return undefined;
    }
  };

  /** At once what takes a step, else a step a turn. @returns null when the client has gone meanwhile */
  #readLong(session: ClientSession, bytes: Uint8Array): ParsedRequest | Promise<ParsedRequest | null> {
    const { maxBatch } = this.#limits;
    const read = new LongRequest(bytes, maxBatch).step();
    if (read !== null) return read;
    // The library takes its bytes back.
    const request = new LongRequest(bytes.slice(), maxBatch);
    return session.doInTurns(bytes.length, () => request.step());
  }

  #dispatch(session: ClientSession, parsed: ParsedRequest): Promise<void> | undefined {
    if (!parsed.ok) return void this.#refuse(session, parsed.code, parsed.message);
    const action = this.#actions.get(parsed.action);
    if (!PINGS.has(parsed.action)) session.lastRequestAt = performance.now();
    if (action === undefined) {
      return void this.#refuse(session, 'INVALID_ACTION', `Invalid action: ${parsed.action}`);
    }
    return action(session, parsed.request);
  }

  #refuseRate(session: ClientSession, bytes: number, isFlood: boolean): void {
    const ms = session.allowance.waitMs(bytes, performance.now());
    const message = `Too many requests; the next one is taken in ${ms} ms`;
    const error = errorIn(session.options.dialect, 'RATE_LIMITED', message);
    this.#refuse(session, 'RATE_LIMITED', message, { ...error, retry_after_ms: ms });
    if (isFlood) session.end(CLOSE.FLOOD);
  }

  #refuse(session: ClientSession, code: string, message: string, whole?: ServerMessage): void {
    this.#count(code);
    session.send(whole ?? errorIn(session.options.dialect, code, message));
  }

  #count(code: string): void {
    this.errors[code] = (this.errors[code] ?? 0) + 1;
  }

  /** Every answer to it is JSON text, whatever the framing: a client may not know yet which one it gets. */
  #authenticate(session: ClientSession, request: RawRequest): Promise<void> | undefined {
    const refuse = (code: string, message: string) => {
      this.#count(code);
      session.sendText(errorIn(session.options.dialect, code, message));
    };
    const key = request.api_key || request.apikey;
    if (typeof key !== 'string' || key === '') {
      return void refuse('AUTHENTICATION_ERROR', 'API key is required');
    }
    const { query, subprotocol } = session.socket.getUserData();
    const resolved = resolveOptions(query, subprotocol, request, this.#defaultDialect);
    if (!resolved.ok) return void refuse('INVALID_OPTION', resolved.message);
    const conflict = session.optionsFixed ? findOptionConflict(session.options, resolved.options) : null;
    if (conflict !== null) return void refuse('INVALID_OPTION', conflict);
    const named = typeof request.session === 'string' ? request.session : null;
    if (named !== null && session.resumption !== null && session.resumption.id !== named) {
      const text =
        'this connection has a session already; open another connection to go on with a former one';
      return void refuse('INVALID_OPTION', text);
    }
    const wantsSession = (session.options.features & FEATURE.SESSION) !== 0;
    if (this.#keys.isKnown(session, key) && (!wantsSession || session.resumption !== null)) {
      return void this.#welcome(session, session.resumption?.id);
    }
    return this.#keys.verify(session, key).then(async (verified) => {
      // What a client holds belongs to its user's broker session, and is given back under that user's slots.
      const isOthers = verified.status !== 'refused' && session.identity?.owner !== verified.owner;
      // With a session it would keep what is left of it, if the client goes meanwhile.
      if (isOthers) this.#sessions.leave(session, verified);
      const released = isOthers ? this.#holdings.releaseAll(session) : undefined;
      if (released !== undefined) await released;
      if (!session.open) return;
      // In the turn in which the client becomes the key's: from then on it is told what changes.
      const outcome = this.#entitlements.revise(session, verified);
      if (outcome.status === 'refused') {
        refuse(outcome.code, outcome.message);
        return outcome.close === undefined ? undefined : session.end(outcome.close);
      }
      this.#sessions.leave(session, outcome);
      if (session.identity !== null && session.identity.owner !== outcome.owner)
        this.#orders.release(session);
      if (!session.optionsFixed) session.options = resolved.options;
      session.optionsFixed = true;
      const identity = this.#identify(outcome);
      session.identity = identity;
      this.#entitlements.review(session);
      if (outcome.status === 'brokerError') return refuse(outcome.code, outcome.message);
      if (identity.account !== '') this.#keys.noteKnown(session, key);
      const answer = (sessionId?: string) => this.#welcome(session, sessionId);
      if ((session.options.features & FEATURE.SESSION) === 0) return answer();
      return this.#sessions.begin(session, named, answer);
    });
  }

  /** By the latest that was told of the user's broker session, which may have changed since the key was looked at. */
  #identify(outcome: Exclude<AdmittedKey, { readonly status: 'refused' }>): Identity {
    const { owner, userId, keyId, rights } = outcome;
    const isGood = outcome.status === 'ok';
    const known = this.#accounts.get(owner);
    const account = (known?.hasSession ?? isGood) ? owner : '';
    const broker = known?.broker ?? (isGood ? outcome.broker : '');
    return { owner, userId, account, broker, keyId, rights };
  }

  #welcome(session: ClientSession, sessionId: string | undefined): void {
    session.sendText({
      type: 'auth',
      status: 'success',
      message: 'Authentication successful',
      broker: session.identity?.broker,
      user_id: session.identity?.userId,
      supported_features: { ltp: true, quote: true, depth: true },
      ...session.options.chosen,
      session: sessionId,
    });
  }

  #brokerInfo(session: ClientSession): undefined {
    const account = this.#accounts.get(session.identity?.owner ?? '');
    const broker = account?.broker ?? session.identity?.broker ?? '';
    if (broker === '') return void this.#refuse(session, 'BROKER_ERROR', 'Broker information not available');
    session.send({
      type: 'broker_info',
      status: 'success',
      broker,
      adapter_status: account?.isConnected ? 'connected' : 'disconnected',
      user_id: session.identity?.userId,
    });
  }

  #listBrokers(session: ClientSession): undefined {
    const brokers = this.#offers.supportedBrokers();
    session.send({ type: 'supported_brokers', status: 'success', brokers, count: brokers.length });
  }

  #pong(session: ClientSession, request: RawRequest): undefined {
    const pong: ServerMessage = {
      type: 'pong',
      status: 'success',
      server_timestamp: Date.now(),
      client_timestamp: request.timestamp as Json | undefined,
      _pingId: request._pingId as Json | undefined,
    };
    session.send(pong);
  }
}

function isSameAccount(a: AccountStatus, b: AccountStatus): boolean {
  return (
    a.name === b.name &&
    a.broker === b.broker &&
    a.hasSession === b.hasSession &&
    a.isConnected === b.isConnected
  );
}

function errorIn(dialect: Dialect, code: string, message: string): ServerMessage {
  return dialect === 'design' ? designError(code, message) : errorMessage(code, message);
}
