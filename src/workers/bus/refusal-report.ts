/**
 * What the operator is told of peers that are turned away. Each one tries again every few seconds, for ever, so the first
 * attempt of each is told at once, and then how many there were since, once in a while. Bus worker thread.
 */
import type { PeerRefused } from '../worker-messages.ts';

const TELL_AGAIN_MS = 10 * 60_000;
/** Somebody who makes up keys shall not make us remember them all. */
const MAX_REMEMBERED = 100;

interface Refusals {
  toldAt: number;
  /** Since it was told. */
  untold: number;
}

export class RefusalReport {
  readonly #tell: (refused: PeerRefused) => void;
  readonly #now: () => number;
  readonly #known = new Map<string, Refusals>();
  /** Attempts that were refused. */
  attempts = 0;

  constructor(tell: (refused: PeerRefused) => void, now: () => number = () => performance.now()) {
    this.#tell = tell;
    this.#now = now;
  }

  /**
   * @param key hex, null where the peer did not come so far as to prove one
   * @param address from where it came; empty when ZeroMQ does not say
   * @param isVague it may as well be a health check, which goes on for ever: told a single time
   */
  note(reason: string, key: string | null, address: string, isVague = false): void {
    this.attempts++;
    const now = this.#now();
    const name = this.#nameOf(`${reason} ${key ?? ''} ${address}`);
    const known = this.#known.get(name);
    if (known !== undefined && (isVague || now - known.toldAt < TELL_AGAIN_MS)) {
      known.untold++;
      return;
    }
    const attempts = (known?.untold ?? 0) + 1;
    this.#known.set(name, { toldAt: now, untold: 0 });
    const peer = name === '' ? { reason: 'many others', key: null, address: '' } : { reason, key, address };
    this.#tell({ type: 'peerRefused', ...peer, attempts });
  }

  /** The name that a peer is remembered by; empty for all those for whom there is no room. */
  #nameOf(name: string): string {
    return this.#known.has(name) || this.#known.size < MAX_REMEMBERED ? name : '';
  }
}
