/**
 * Gives back what clients held that have gone. The socket library has taken their sockets off all topics, so nothing is sent
 * for them any more; what is left is to stop encoding, and to tell the control plane. For a thousand streams that takes
 * some 3 ms, and clients often go together: it is done a little at a time, in turn with requests. What counts against limits
 * is given back at once. Proxy worker thread.
 */
import { FEATURE } from '../../../codec/framing.ts';
import type { SlotNeed } from '../../worker-messages.ts';
import type { SubscriptionLimits } from '../admission/subscription-limits.ts';
import { SLICE_MS, type WorkTurns } from '../admission/work-turns.ts';
import type { ClientSession, Holding } from '../connection/client-session.ts';
import type { ControlPlane } from '../control-plane.ts';
import type { StreamDelivery } from '../slow/stream-delivery.ts';
import type { SubscriptionIndex } from './subscription-index.ts';

export interface DeparturesOptions {
  readonly control: Pick<ControlPlane, 'need'>;
  readonly index: SubscriptionIndex;
  readonly delivery: Pick<StreamDelivery, 'leave'>;
  readonly limits: Pick<SubscriptionLimits, 'leave' | 'followStreams'>;
  readonly turns: Pick<WorkTurns, 'later'>;
}

/** So few instruments take no longer. */
const AT_ONCE = 16;

export class Departures {
  readonly #options: DeparturesOptions;

  constructor(options: DeparturesOptions) {
    this.#options = options;
  }

  /** A client has gone. */
  add(session: ClientSession): void {
    this.#options.limits.leave(session);
    const left = session.holdings.values();
    if (session.holdings.size > AT_ONCE) this.#options.turns.later(() => this.#goOn(session, left));
    else this.#goOn(session, left);
  }

  #goOn(session: ClientSession, left: Iterator<readonly Holding[]>): void {
    const { control, limits, turns } = this.#options;
    const until = performance.now() + SLICE_MS;
    const changed: SlotNeed[] = [];
    let next = left.next();
    for (; next.done !== true; next = left.next()) {
      for (const holding of next.value) this.#giveBack(session, holding, changed);
      if (performance.now() >= until) break;
    }
    limits.followStreams();
    control.need(changed);
    if (next.done !== true) turns.later(() => this.#goOn(session, left));
  }

  /** @param changed gets what the control plane does not know: what others hold as well is nothing new to it */
  #giveBack(session: ClientSession, { instrument: { slot }, streams }: Holding, changed: SlotNeed[]): void {
    const { index, delivery } = this.#options;
    const { framing, features } = session.options;
    const before = index.need(slot);
    if ((features & FEATURE.SEQUENCE) !== 0) index.get(slot)!.gapSubscribers[framing]--;
    for (const stream of streams.values()) {
      index.remove(stream);
      delivery.leave(session, stream);
    }
    const after = index.need(slot);
    if (after.modes !== before.modes) changed.push(after);
  }
}
