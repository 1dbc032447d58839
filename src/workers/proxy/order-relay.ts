/**
 * Order updates to the clients of the user whose orders they are. They come as JSON text and leave as they came; a client
 * that chose msgpack gets the same object packed. Proxy worker thread.
 */
import { pack } from 'msgpackr';
import type { RawRequest } from '../../codec/client-request.ts';
import type { Json } from '../../codec/server-message.ts';
import type { ClientSession } from './connection/client-session.ts';
import { mayHaveOrders, NOT_ENTITLED_CODE, noOrders } from './entitlements/entitlement-check.ts';
import type { Refuse } from './subscriptions/subscription-handler.ts';

export class OrderRelay {
  readonly #subscribers = new Set<ClientSession>();
  /** Updates handed to clients. */
  relayed = 0;
  /** Updates that a msgpack client could not be given. */
  unpackable = 0;

  /** Works without a broker session, and again and again. */
  subscribe(session: ClientSession, request: RawRequest, refuse: Refuse): undefined {
    const rights = session.identity?.rights ?? null;
    if (!mayHaveOrders(rights)) return void refuse(session, NOT_ENTITLED_CODE, noOrders(rights?.role ?? ''));
    this.add(session);
    confirm(session, request, 'subscribe_orders', 'Subscribed to order updates');
  }

  unsubscribe(session: ClientSession, request: RawRequest): undefined {
    this.#subscribers.delete(session);
    confirm(session, request, 'unsubscribe_orders', 'Unsubscribed from order updates');
  }

  add(session: ClientSession): void {
    this.#subscribers.add(session);
  }

  has(session: ClientSession): boolean {
    return this.#subscribers.has(session);
  }

  /** The client is gone. */
  release(session: ClientSession): void {
    this.#subscribers.delete(session);
  }

  /** @param text a JSON object */
  relay(owner: string, text: string): void {
    let packed: Uint8Array | null | undefined;
    for (const session of this.#subscribers) {
      if (session.identity?.owner !== owner || !mayHaveOrders(session.identity.rights)) continue;
      if (session.options.framing === 'msgpack') {
        packed ??= packText(text);
        if (packed === null) {
          this.unpackable++;
          continue;
        }
        session.sendBytes(packed, true);
      } else {
        session.sendBytes(text, false);
      }
      this.relayed++;
    }
  }
}

/** Null for a text that is nested deeper than the stack reaches: it is not worth the life of the worker. */
function packText(text: string): Uint8Array | null {
  try {
    return pack(JSON.parse(text));
  } catch {
    return null;
  }
}

/** `request_id` is echoed as the last key; null counts as absent. */
function confirm(session: ClientSession, request: RawRequest, type: string, message: string): void {
  const requestId = (request.request_id ?? undefined) as Json | undefined;
  session.send({ type, status: 'success', message, request_id: requestId });
}
