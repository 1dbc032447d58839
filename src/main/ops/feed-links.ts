import type { FromReader } from '../../workers/worker-messages.ts';

export type LinkNews = Extract<FromReader, { readonly type: 'link' }>;

type Write = (fields: object, message: string) => void;

export interface LinkLog {
  readonly info: Write;
  readonly warn: Write;
}

/** A feed host as the proxy workers of this process see it. */
interface FeedHostView {
  /** State by worker. */
  readonly workers: Map<number, LinkNews['state']>;
  state: LinkNews['state'] | null;
  /** ms since 1970 */
  since: number;
}

/**
 * Tells the operator which feed host is away, and since when. Each proxy worker has a link of its own to each feed host; the
 * log has one line when the first of them misses it, and one when all have it again.
 */
export class FeedLinks {
  readonly #log: LinkLog;
  readonly #now: () => number;
  readonly #hosts = new Map<string, FeedHostView>();

  constructor(log: LinkLog, now: () => number = Date.now) {
    this.#log = log;
    this.#now = now;
  }

  /** @param worker the number of the worker that says so */
  note(worker: number, { endpoint, state, detail }: LinkNews): void {
    const host = this.#hosts.get(endpoint) ?? { workers: new Map(), state: null, since: this.#now() };
    this.#hosts.set(endpoint, host);
    host.workers.set(worker, state);
    this.#follow(endpoint, host, detail);
  }

  /** How the feed hosts stand, by address; in the order in which they were first heard of. */
  all(): { readonly endpoint: string; readonly state: LinkNews['state']; readonly since: number }[] {
    return [...this.#hosts].flatMap(([endpoint, { state, since }]) =>
      state === null ? [] : [{ endpoint, state, since }],
    );
  }

  /** The worker has left, and its links with it. */
  forget(worker: number): void {
    for (const [endpoint, host] of this.#hosts) {
      if (host.workers.delete(worker) && host.workers.size > 0) this.#follow(endpoint, host, '');
    }
  }

  #follow(feedHost: string, host: FeedHostView, detail: string): void {
    const states = [...host.workers.values()];
    const state = states.includes('away') ? 'away' : 'up';
    if (state === host.state) return;
    const now = this.#now();
    const fields = { feedHost, ...(detail === '' ? {} : { detail }) };
    if (state === 'away') this.#log.warn({ ...fields, since: iso(now) }, 'feed host is away');
    else if (host.state === null) this.#log.info(fields, 'feed host is up');
    else this.#log.info({ ...fields, awaySince: iso(host.since) }, 'feed host is back');
    host.state = state;
    host.since = now;
  }
}

function iso(ms: number): string {
  return new Date(ms).toISOString();
}
