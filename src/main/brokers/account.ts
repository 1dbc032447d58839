import type { AccountStatus, FeedCredentials, FeedState } from '../../workers/worker-messages.ts';
import type { BrokerRow } from './broker-registry.ts';
import type { FeedPool } from './feed-pool.ts';

export type CreatePool = (
  broker: BrokerRow,
  /** Asked for each new connection, since the tokens change. */
  credentials: () => FeedCredentials,
  onState: (state: FeedState, detail: string) => void,
) => FeedPool;

/** One user's session at a broker, and the connections that it feeds. */
export class Account {
  /** OpenAlgo user name. */
  readonly name: string;
  readonly #createPool: CreatePool;
  readonly #onState: (account: Account, state: FeedState, detail: string) => void;
  #broker: BrokerRow;
  #credentials: FeedCredentials;
  #pool: FeedPool;
  #isSuspended = false;

  /** @param onState told of every change of a connection */
  constructor(
    identity: { readonly name: string; readonly broker: BrokerRow; readonly credentials: FeedCredentials },
    createPool: CreatePool,
    onState: (account: Account, state: FeedState, detail: string) => void,
  ) {
    this.name = identity.name;
    this.#broker = identity.broker;
    this.#credentials = identity.credentials;
    this.#createPool = createPool;
    this.#onState = onState;
    this.#pool = this.#newPool();
  }

  /** Where the user is logged in, or was last. */
  get broker(): BrokerRow {
    return this.#broker;
  }

  get pool(): FeedPool {
    return this.#pool;
  }

  /** There is no session: the connections are closed, and nothing new may be subscribed. */
  get isSuspended(): boolean {
    return this.#isSuspended;
  }

  get status(): AccountStatus {
    const hasSession = !this.#isSuspended;
    const isConnected = hasSession && this.#pool.feeds.some(({ state }) => state === 'live');
    return { name: this.name, broker: this.#broker.name, hasSession, isConnected };
  }

  /** The tokens in use, or those of the latest session. */
  get credentials(): FeedCredentials {
    return this.#credentials;
  }

  uses({ authToken, feedToken, clientCode }: FeedCredentials): boolean {
    const used = this.#credentials;
    return used.authToken === authToken && used.feedToken === feedToken && used.clientCode === clientCode;
  }

  /** Ends the connections until there are tokens again. What they carry is remembered. */
  suspend(reason: string): void {
    this.#isSuspended = true;
    this.#pool.suspend(reason);
  }

  /** Makes the connections anew with other tokens. */
  renew(credentials: FeedCredentials): void {
    this.#isSuspended = false;
    this.#credentials = credentials;
    this.#pool.renew(credentials);
  }

  /** Ends all connections and begins with those of another broker, which carry nothing yet. */
  changeBroker(broker: BrokerRow, credentials: FeedCredentials): void {
    void this.#pool.stop();
    this.#isSuspended = false;
    this.#broker = broker;
    this.#credentials = credentials;
    this.#pool = this.#newPool();
  }

  #newPool(): FeedPool {
    return this.#createPool(
      this.#broker,
      () => this.#credentials,
      (state, detail) => this.#onState(this, state, detail),
    );
  }
}
