/**
 * The broker sessions of one feed, as each of its hosts knows them. A user has a session if any host that can be reached
 * has one; a feed none of whose hosts can be reached keeps its sessions and counts as disconnected. Proxy worker thread.
 */
import type { RevisedAccount } from '../bus/bus-event.ts';
import type { AccountStatus } from '../worker-messages.ts';

export class AccountBook {
  readonly #hosts: number;
  readonly #isUp: (host: number) => boolean;
  readonly #onAccount: (status: AccountStatus, before: AccountStatus | undefined) => void;
  /** By user; in the order of hosts. */
  readonly #accounts = new Map<string, (RevisedAccount | undefined)[]>();
  readonly #told = new Map<string, AccountStatus>();

  /** @param onAccount a user's session is another than told before */
  constructor(
    hosts: number,
    isUp: (host: number) => boolean,
    onAccount: (status: AccountStatus, before: AccountStatus | undefined) => void,
  ) {
    this.#hosts = hosts;
    this.#isUp = isUp;
    this.#onAccount = onAccount;
  }

  note(host: number, account: RevisedAccount): void {
    let known = this.#accounts.get(account.name);
    if (known === undefined) {
      known = new Array<RevisedAccount | undefined>(this.#hosts).fill(undefined);
      this.#accounts.set(account.name, known);
    }
    const before = known[host];
    if (before !== undefined && before.revision > account.revision) return;
    known[host] = account;
    this.#tell(account.name, known);
  }

  /** The host was started anew: any word of it is later than those before. */
  onReborn(host: number): void {
    for (const known of this.#accounts.values()) {
      const account = known[host];
      if (account !== undefined) known[host] = { ...account, revision: 0 };
    }
  }

  /** Hosts can be reached, or cannot, that could not, or could, before. */
  onLinks(): void {
    for (const [name, known] of this.#accounts) this.#tell(name, known);
  }

  /** What clients were told of a user. */
  get(name: string): AccountStatus | undefined {
    return this.#told.get(name);
  }

  /** Whether a host has said anything of a user. While none has, any of them may know it. */
  isKnown(name: string, host: number): boolean {
    const known = this.#accounts.get(name);
    return known === undefined || known[host] !== undefined;
  }

  /** The host that speaks for a user: the first that can be reached and knows of a session, else of the user. */
  hostOf(name: string): number | undefined {
    const known = this.#accounts.get(name) ?? [];
    const up = [...known.keys()].filter((host) => known[host] !== undefined && this.#isUp(host));
    return up.find((host) => known[host]!.hasSession) ?? up[0];
  }

  #tell(name: string, known: readonly (RevisedAccount | undefined)[]): void {
    const host = this.hostOf(name);
    const account = host === undefined ? known.find((each) => each !== undefined) : known[host];
    if (account === undefined) return;
    const { broker, hasSession } = account;
    const isConnected = host !== undefined && account.isConnected;
    const before = this.#told.get(name);
    if (before?.broker === broker && before.hasSession === hasSession && before.isConnected === isConnected)
      return;
    const status: AccountStatus = { name, broker, hasSession, isConnected };
    this.#told.set(name, status);
    this.#onAccount(status, before);
  }
}
