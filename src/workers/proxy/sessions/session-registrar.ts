/**
 * Which clients of this worker have which session. Main keeps the sessions, since a client that comes back may come to
 * another worker: it is asked when a client has authenticated, and told what a client held when its connection has ended.
 * Proxy worker thread, at the pace of connections.
 */
import type { MessagePort } from 'node:worker_threads';
import type { FromSessionStore, SessionGrant, ToSessionStore } from '../../session-messages.ts';
import type { SlotNeed } from '../../worker-messages.ts';
import type { ClientSession, Identity } from '../connection/client-session.ts';
import { CLOSE } from '../connection/close-codes.ts';
import type { ControlPlane } from '../control-plane.ts';
import { mayHaveOrders } from '../entitlements/entitlement-check.ts';
import type { OrderRelay } from '../order-relay.ts';
import type { SubscriptionHandler } from '../subscriptions/subscription-handler.ts';
import type { SubscriptionIndex } from '../subscriptions/subscription-index.ts';
import { needOf } from '../subscriptions/subscription-item.ts';
import { mergePending } from './merge-pending.ts';
import { notNowMessage, refusedMessage, resumedMessage, unknownMessage } from './session-answers.ts';
import { type ParkedSession, packImage, takeDown, unpackSession } from './session-image.ts';

/** A client's part in its session. */
export interface Resumption {
  readonly id: string;
  readonly holder: string;
  /** What the session held before and the client has not got back yet. */
  pending: Uint8Array | null;
  /** Names (`holdingKey`) of instruments whose mode 4 may not be served with fewer levels. */
  readonly strictDepths: Set<string>;
}

interface Question {
  readonly client: ClientSession;
  readonly holder: string;
  readonly answer: (grant: SessionGrant) => void;
}

/** With these a client takes leave: whatever it did not read it does not want. */
const ORDERLY_CODES: readonly number[] = [1000, 1001, 1005];

export class SessionRegistrar {
  readonly #port: Pick<MessagePort, 'postMessage'>;
  readonly #control: Pick<ControlPlane, 'need'>;
  readonly #index: SubscriptionIndex;
  readonly #subscriptions: Pick<SubscriptionHandler, 'restore'>;
  readonly #orders: OrderRelay;
  readonly #questions = new Map<number, Question>();
  readonly #clients = new Map<string, ClientSession>();
  #nextId = 1;
  /** Sessions that went on with another connection, and those that were asked for in vain. */
  resumed = 0;
  unknown = 0;

  constructor(
    port: Pick<MessagePort, 'postMessage'>,
    control: Pick<ControlPlane, 'need'>,
    index: SubscriptionIndex,
    subscriptions: Pick<SubscriptionHandler, 'restore'>,
    orders: OrderRelay,
  ) {
    this.#port = port;
    this.#control = control;
    this.#index = index;
    this.#subscriptions = subscriptions;
    this.#orders = orders;
  }

  /** A message of the main thread. @returns false for one that is not about sessions */
  handle(message: { readonly type: string } | FromSessionStore): boolean {
    if (!isFromStore(message)) return false;
    if (message.type === 'sessionTaken') this.#clients.get(message.session)?.end(CLOSE.SESSION_TAKEN);
    else this.#onGranted(message.id, message.grant);
    return true;
  }

  /**
   * Gives a client that has authenticated its session, and with it what the session held.
   *
   * @param named the session that the client asks for, null for a new one
   * @param answer sends the authenticate answer, with the session's id where there is one
   */
  async begin(
    client: ClientSession,
    named: string | null,
    answer: (session: string | undefined) => void,
  ): Promise<void> {
    if (client.resumption !== null) return answer(client.resumption.id);
    const { session, refusal, image, awayMs } = await this.#ask(client, named, holderOf(client.identity!));
    if (!client.open) return;
    answer(session ?? undefined);
    if (session === null) client.send(refusedMessage(refusal));
    else if (image !== null) await this.#restore(client, image, awayMs);
    else if (named !== null) {
      this.unknown++;
      client.send(unknownMessage());
    }
  }

  /** Whose key the client has now: with another one nobody may come back to what it held with the one before. */
  leave(client: ClientSession, identity: Pick<Identity, 'owner' | 'keyId'>): void {
    const { resumption } = client;
    if (resumption === null || resumption.holder === holderOf(identity)) return;
    client.resumption = null;
    this.#clients.delete(resumption.id);
    this.#post({ type: 'sessionDropped', session: resumption.id });
  }

  /**
   * The connection has ended; to be called while the client still holds what it held.
   * @param code of the close
   */
  park(client: ClientSession, code: number): void {
    const { resumption } = client;
    if (resumption === null) return;
    client.resumption = null;
    this.#clients.delete(resumption.id);
    const orders = this.#orders.has(client);
    const isBehind = client.slow?.client.isBehind === true;
    const isBroken = client.ending !== null || isBehind || !ORDERLY_CODES.includes(code);
    this.#linger(client);
    const image = this.#imageOf(client, resumption, { orders, isBroken });
    this.#post({ type: 'sessionParked', session: resumption.id, image });
  }

  /** Of what the client has got, or subscribed to anew, and of what it has not got back. */
  #imageOf(
    client: ClientSession,
    resumption: Resumption,
    parting: Pick<ParkedSession, 'orders' | 'isBroken'>,
  ): Uint8Array {
    const { holdings, joining, options } = client;
    const { pending } = resumption;
    const hasNothing = holdings.size === 0 && joining.size === 0 && !parting.orders;
    if (pending !== null && hasNothing) return pending;
    const present = takeDown(client, resumption, this.#index, parting);
    return packImage(pending === null ? present : mergePending(pending, present, options.dialect));
  }

  /** What the client holds stays subscribed for a while: it will probably be back at once. */
  #linger({ holdings, joining }: ClientSession): void {
    const needs = [...holdings.values()].flat().map(({ instrument: { slot }, streams }) => ({
      slot,
      modes: [...streams.values()].reduce((bits, { source }) => bits | (1 << source), 0),
    }));
    this.#index.lingering.keep([...needs, ...[...joining].map(needOf)], (ended) => {
      const isOver = ({ slot, modes }: SlotNeed) => (this.#index.need(slot).modes & modes) !== modes;
      this.#control.need(ended.filter(isOver).map(({ slot }) => this.#index.need(slot)));
    });
  }

  #ask(client: ClientSession, session: string | null, holder: string): Promise<SessionGrant> {
    const id = this.#nextId++;
    return new Promise((answer) => {
      this.#questions.set(id, { client, holder, answer });
      this.#post({ type: 'sessionWanted', id, holder, session });
    });
  }

  /** In the turn in which the answer comes: the next message may be that another connection takes the session over. */
  #onGranted(id: number, grant: SessionGrant): void {
    const { client, holder, answer } = this.#questions.get(id)!;
    this.#questions.delete(id);
    const { session, image } = grant;
    if (session !== null && client.open) {
      client.resumption = { id: session, holder, pending: image, strictDepths: new Set() };
      this.#clients.set(session, client);
    } else if (session !== null && image !== null) {
      this.#post({ type: 'sessionParked', session, image });
    } else if (session !== null) {
      this.#post({ type: 'sessionDropped', session });
    }
    answer(grant);
  }

  async #restore(client: ClientSession, image: Uint8Array, awayMs: number): Promise<void> {
    // It ended while main was asked.
    if (client.identity!.account === '') {
      client.send(notNowMessage());
      return;
    }
    const parked = unpackSession(image);
    let orders: boolean | null = null;
    await this.#subscriptions.restore(client, parked, (entries, hasMore) => {
      orders ??= this.#resume(client, parked);
      client.send(resumedMessage({ entries, hasMore, orders, awayMs }));
    });
    // Not while part of it has not been given back: the connection may end before.
    if (client.resumption !== null) client.resumption.pending = null;
  }

  /** @returns whether the client gets order updates again */
  #resume(client: ClientSession, parked: ParkedSession): boolean {
    this.resumed++;
    const orders = parked.orders && mayHaveOrders(client.identity?.rights ?? null);
    if (orders) this.#orders.add(client);
    return orders;
  }

  #post(message: ToSessionStore): void {
    this.#port.postMessage(message);
  }
}

function isFromStore(message: { readonly type: string }): message is FromSessionStore {
  return message.type === 'sessionGranted' || message.type === 'sessionTaken';
}

/** A session belongs to one key of one user. */
function holderOf({ owner, keyId }: Pick<Identity, 'owner' | 'keyId'>): string {
  return `${owner}\0${keyId}`;
}
