import { encodePacket } from './frame-batch.ts';
import type { ConnectionSubscription } from './simulated-connection.ts';
import { instrumentKey } from './simulated-market.ts';
import type { SimulatorSettings } from './simulator-options.ts';

/** Frames since the start. All numbers only grow. */
export interface FrameCounters {
  /** Frames handed to sockets, ticks and snapshots; duplicates and garbage count for themselves. */
  framesSent: number;
  duplicatesSent: number;
  /** Frames that went out before an older one of their subscription. */
  reordersSent: number;
  garbageSent: number;
  /** Frames not sent because their connection left too much unread, or was closing. */
  framesDropped: number;
}

/** Puts frames into the batches of connections, with what is ordered to go wrong on the way. */
export class FrameSender {
  readonly counters: FrameCounters = {
    framesSent: 0,
    duplicatesSent: 0,
    reordersSent: 0,
    garbageSent: 0,
    framesDropped: 0,
  };
  readonly #settings: SimulatorSettings;
  /** Frames of a subscription so far, and the one that its successor is to overtake. */
  readonly #orders = new WeakMap<ConnectionSubscription, { frames: number; held: Uint8Array | null }>();
  readonly #stalled = new Set<string>();

  constructor(settings: SimulatorSettings) {
    this.#settings = settings;
  }

  /** While stalled, no frame of the instrument is sent: its price moves on unseen. */
  stall(exchangeType: number, token: string, stalled: boolean): void {
    const key = instrumentKey(exchangeType, token);
    if (stalled) this.#stalled.add(key);
    else this.#stalled.delete(key);
  }

  /** Runs for every tick of a subscription; without faults it does not allocate. */
  send(subscription: ConnectionSubscription): void {
    const { receiver, mode, instrument } = subscription;
    const { counters } = this;
    if (!receiver.takesFrames) {
      counters.framesDropped++;
      return;
    }
    if (this.#stalled.size > 0) {
      if (this.#stalled.has(instrumentKey(instrument.exchangeType, instrument.token))) return;
    }
    const { duplicateEvery, reorderEvery, garbageEvery } = this.#settings;
    const { batch } = receiver;
    const frame = ++counters.framesSent;
    if (reorderEvery > 0 && this.#isHeldBack(subscription, reorderEvery)) return;
    batch.append(mode, instrument);
    if (reorderEvery > 0) this.#sendHeldBack(subscription);
    if (duplicateEvery > 0 && frame % duplicateEvery === 0) {
      counters.duplicatesSent++;
      batch.append(mode, instrument);
    }
    if (garbageEvery > 0 && frame % garbageEvery === 0) {
      counters.garbageSent++;
      if (counters.garbageSent % 2 === 1) batch.appendTruncated(mode, instrument);
      else batch.appendUnknown(mode, instrument);
    }
  }

  /** Every so many frames of a subscription, one waits until its successor is sent. */
  #isHeldBack(subscription: ConnectionSubscription, every: number): boolean {
    const order = this.#orders.get(subscription) ?? { frames: 0, held: null };
    this.#orders.set(subscription, order);
    if (order.held !== null || ++order.frames % every !== 0) return false;
    order.held = encodePacket(this.#settings.wire, subscription.mode, subscription.instrument);
    return true;
  }

  #sendHeldBack(subscription: ConnectionSubscription): void {
    const order = this.#orders.get(subscription);
    if (order === undefined || order.held === null) return;
    this.counters.reordersSent++;
    subscription.receiver.batch.appendBytes(order.held);
    order.held = null;
  }
}
