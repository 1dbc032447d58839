/**
 * The sessions of a process's clients: who has which, and what those held that are away. Bounded in number for each key and
 * in bytes for all of them together, and each expires. Main thread, which all proxy workers share: a client that comes back
 * may come to another one. Sessions end with the process.
 *
 * A session is live while a connection has it, and parked after that. Who asks for one that is live takes it over: the
 * worker is told to close the connection, which parks it.
 */
import { randomBytes } from 'node:crypto';
import type { FromSessionStore, SessionGrant, ToSessionStore } from '../../workers/session-messages.ts';

const ID_BYTES = 16;
/** What a session takes here beside its image, about: the record, its keys and its places in the maps. */
export const SESSION_OVERHEAD_BYTES = 512;

export interface SessionLimits {
  readonly sessionRetentionMs: number;
  readonly sessionsPerKey: number;
  /** Of all sessions, with `SESSION_OVERHEAD_BYTES` for each. */
  readonly sessionBytes: number;
}

type Reply = (answer: FromSessionStore) => void;

interface Waiting {
  readonly reader: number;
  readonly id: number;
  readonly reply: Reply;
}

interface Session {
  readonly id: string;
  readonly holder: string;
  /** The worker whose connection has it; null while it is parked. */
  reader: number | null;
  /** Reaches that worker. */
  tell: Reply;
  /** What it held when it was parked. */
  image: Uint8Array | null;
  parkedAt: number;
  /** Those who asked for it while it was live, in their order. */
  waiting: Waiting[];
}

/** The sessions of one user and key. */
interface Holder {
  sessions: number;
  bytes: number;
  /** In the order in which they were left. */
  readonly parked: Set<Session>;
}

export class SessionStore {
  #limits: SessionLimits;
  readonly #now: () => number;
  readonly #sessions = new Map<string, Session>();
  readonly #holders = new Map<string, Holder>();
  /** In the order in which they were left, which is the one in which they expire. */
  readonly #parked = new Set<Session>();
  #bytes = 0;
  #expiry: NodeJS.Timeout | undefined;

  /** @param now ms that never go back */
  constructor(limits: SessionLimits, now: () => number = () => performance.now()) {
    this.#limits = limits;
    this.#now = now;
  }

  /** Sessions, live and parked, and what they take. */
  get counts(): { readonly live: number; readonly parked: number; readonly bytes: number } {
    return { live: this.#sessions.size - this.#parked.size, parked: this.#parked.size, bytes: this.#bytes };
  }

  /**
   * @param reader the worker's number
   * @param reply reaches the worker that sent the message, and none that takes its place
   */
  onMessage(reader: number, message: ToSessionStore, reply: Reply): void {
    this.#expire();
    switch (message.type) {
      case 'sessionWanted':
        this.#want({ reader, id: message.id, reply }, message.holder, message.session);
        break;
      case 'sessionParked': {
        const session = this.#liveOf(reader, message.session);
        if (session !== undefined) this.#park(session, message.image);
        break;
      }
      case 'sessionDropped': {
        const session = this.#liveOf(reader, message.session);
        if (session !== undefined) this.#drop(session);
        break;
      }
    }
  }

  /** The worker has ended: what its connections held and had not parked is not known. */
  onReaderGone(reader: number): void {
    for (const session of this.#sessions.values()) {
      session.waiting = session.waiting.filter((each) => each.reader !== reader);
      if (session.reader === reader) this.#drop(session);
    }
  }

  /** Other limits from now on: what is kept beyond them gives way. */
  reload(limits: SessionLimits): void {
    this.#limits = limits;
    clearTimeout(this.#expiry);
    this.#expiry = undefined;
    this.#expire();
    this.#makeRoom(0);
    this.#awaitExpiry();
  }

  stop(): void {
    clearTimeout(this.#expiry);
  }

  #liveOf(reader: number, id: string): Session | undefined {
    const session = this.#sessions.get(id);
    return session?.reader === reader ? session : undefined;
  }

  #want(who: Waiting, holder: string, wanted: string | null): void {
    const session = wanted === null ? undefined : this.#sessions.get(wanted);
    // The id of somebody else's session is as unknown as one that never was.
    if (session === undefined || session.holder !== holder) {
      this.#grantNew(who, holder);
    } else if (session.reader === null) {
      this.#resume(session, who);
    } else {
      session.waiting.push(who);
      if (session.waiting.length === 1) session.tell({ type: 'sessionTaken', session: session.id });
    }
  }

  #grantNew(who: Waiting, holder: string): void {
    const refusal = this.#findRefusal(holder);
    if (refusal !== null) {
      grant(who, { session: null, refusal, image: null, awayMs: 0 });
      return;
    }
    const session: Session = {
      id: randomBytes(ID_BYTES).toString('base64url'),
      holder,
      reader: who.reader,
      tell: who.reply,
      image: null,
      parkedAt: 0,
      waiting: [],
    };
    this.#sessions.set(session.id, session);
    if (!this.#holders.has(holder)) {
      this.#holders.set(holder, { sessions: 0, bytes: 0, parked: new Set() });
    }
    this.#holders.get(holder)!.sessions++;
    this.#count(session, SESSION_OVERHEAD_BYTES);
    grant(who, { session: session.id, refusal: '', image: null, awayMs: 0 });
  }

  /** Makes room for one session more. @returns why there is none, or null */
  #findRefusal(holder: string): string | null {
    const { sessionsPerKey, sessionBytes } = this.#limits;
    const known = this.#holders.get(holder);
    if (known !== undefined && known.sessions >= sessionsPerKey) {
      const [oldest] = known.parked;
      if (oldest === undefined) {
        return `all ${sessionsPerKey} sessions that this key may have are connected (TICKWIRE_SESSIONS_PER_KEY)`;
      }
      this.#drop(oldest);
    }
    if (this.#makeRoom(SESSION_OVERHEAD_BYTES)) return null;
    return `the ${sessionBytes} bytes for sessions are in use (TICKWIRE_SESSION_BYTES)`;
  }

  #resume(session: Session, who: Waiting): void {
    const image = session.image!;
    this.#unpark(session);
    session.reader = who.reader;
    session.tell = who.reply;
    const awayMs = Math.round(this.#now() - session.parkedAt);
    grant(who, { session: session.id, refusal: '', image, awayMs });
  }

  #park(session: Session, image: Uint8Array): void {
    session.reader = null;
    if (!this.#makeRoom(image.byteLength)) {
      this.#drop(session);
      return;
    }
    session.image = image;
    session.parkedAt = this.#now();
    this.#count(session, image.byteLength);
    this.#parked.add(session);
    this.#holders.get(session.holder)!.parked.add(session);
    this.#awaitExpiry();
    const [next, ...others] = session.waiting;
    session.waiting = [];
    if (next === undefined) return;
    this.#resume(session, next);
    for (const who of others) this.#want(who, session.holder, session.id);
  }

  #unpark(session: Session): void {
    this.#count(session, -(session.image?.byteLength ?? 0));
    session.image = null;
    this.#parked.delete(session);
    this.#holders.get(session.holder)!.parked.delete(session);
  }

  /** Whoever waits for it gets another one. */
  #drop(session: Session): void {
    this.#unpark(session);
    this.#sessions.delete(session.id);
    this.#count(session, -SESSION_OVERHEAD_BYTES);
    const holder = this.#holders.get(session.holder)!;
    holder.sessions--;
    if (holder.sessions === 0) this.#holders.delete(session.holder);
    const { waiting } = session;
    session.waiting = [];
    for (const who of waiting) this.#grantNew(who, session.holder);
  }

  #count(session: Session, bytes: number): void {
    this.#bytes += bytes;
    this.#holders.get(session.holder)!.bytes += bytes;
  }

  /** Makes those give way that keep most, so that one key cannot push out the others. @returns whether there is room now */
  #makeRoom(bytes: number): boolean {
    if (bytes > this.#limits.sessionBytes) return false;
    while (this.#bytes + bytes > this.#limits.sessionBytes) {
      let largest: Holder | undefined;
      for (const holder of this.#holders.values()) {
        if (holder.parked.size > 0 && holder.bytes > (largest?.bytes ?? 0)) largest = holder;
      }
      const [oldest] = largest?.parked ?? [];
      if (oldest === undefined) return false;
      this.#drop(oldest);
    }
    return true;
  }

  #expire(): void {
    const until = this.#now() - this.#limits.sessionRetentionMs;
    for (const session of this.#parked) {
      if (session.parkedAt > until) break;
      this.#drop(session);
    }
  }

  #awaitExpiry(): void {
    if (this.#expiry !== undefined) return;
    const [oldest] = this.#parked;
    if (oldest === undefined) return;
    const delayMs = oldest.parkedAt + this.#limits.sessionRetentionMs - this.#now();
    this.#expiry = setTimeout(
      () => {
        this.#expiry = undefined;
        this.#expire();
        this.#awaitExpiry();
      },
      Math.max(1, delayMs),
    ).unref();
  }
}

function grant({ id, reply }: Waiting, granted: SessionGrant): void {
  reply({ type: 'sessionGranted', id, grant: granted });
}
