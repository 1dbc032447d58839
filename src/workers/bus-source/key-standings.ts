/**
 * How the keys of clients stand at the feed hosts that know them. A host counts its changes in its heartbeats: when the
 * count is another, or a key is new here, the host is asked for all keys of its that are in use. What is lost, or happened
 * while the host was away, shows in a later heartbeat. Proxy worker thread.
 */
import { MAX_STANDING_KEYS } from '../bus/control-message.ts';
import type { KeyStanding } from '../entitlement-messages.ts';
import type { GroupLink } from './group-link.ts';

interface HostKeys {
  /** That the host has taken for good. As many as there are keys at most. */
  readonly keyIds: Set<string>;
  /** The start of the host and its count, as heard last, and as asked for last. */
  heard: string;
  asked: string;
  isAsking: boolean;
}

export class KeyStandings {
  readonly #hosts: readonly HostKeys[];
  readonly #onStandings: (standings: readonly KeyStanding[]) => void;

  constructor(hosts: number, onStandings: (standings: readonly KeyStanding[]) => void) {
    this.#hosts = Array.from({ length: hosts }, () => ({
      keyIds: new Set(),
      heard: '',
      asked: '',
      isAsking: false,
    }));
    this.#onStandings = onStandings;
  }

  /** A host has taken a key for good. What it said may be older than its latest heartbeat. */
  note(host: number, keyId: string): void {
    const known = this.#hosts[host]!;
    if (known.keyIds.has(keyId)) return;
    known.keyIds.add(keyId);
    known.asked = '';
  }

  /** @param mark differs between any two starts of a host, and between any two of its counts */
  onHeartbeat(link: Pick<GroupLink, 'host' | 'ask'>, mark: string): void {
    const known = this.#hosts[link.host]!;
    known.heard = mark;
    if (known.asked !== mark && !known.isAsking) void this.#ask(link, known);
  }

  async #ask(link: Pick<GroupLink, 'ask'>, known: HostKeys): Promise<void> {
    const { heard } = known;
    const keyIds = [...known.keyIds];
    known.isAsking = true;
    try {
      for (let i = 0; i < keyIds.length; i += MAX_STANDING_KEYS) {
        const part = keyIds.slice(i, i + MAX_STANDING_KEYS);
        const answer = await link.ask({ type: 'standings', keyIds: part });
        if (answer.type !== 'standings') return;
        this.#onStandings(answer.standings);
      }
      if (known.keyIds.size === keyIds.length) known.asked = heard;
    } catch {
      // Asked again with the next heartbeat.
    } finally {
      known.isAsking = false;
    }
  }
}
