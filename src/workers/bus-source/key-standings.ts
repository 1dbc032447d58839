/**
 * How the keys of clients stand at the feed hosts that know them. A host counts its changes in its heartbeats: when the
 * count is another, or a key is new here, the host is asked for all keys of its that are in use. What is lost, or happened
 * while the host was away, shows in a later heartbeat. Where several hosts know a key the strictest word counts, also that
 * of one that is away by now. Proxy worker thread.
 */
import { MAX_STANDING_KEYS } from '../bus/control-message.ts';
import type { KeyStanding } from '../entitlement-messages.ts';
import type { GroupLink } from './group-link.ts';
import { strictestStanding } from './strictest-standing.ts';

interface HostKeys {
  /** What it said last of each key that it knows. As many as there are keys at most. */
  readonly standings: Map<string, KeyStanding>;
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
      standings: new Map(),
      heard: '',
      asked: '',
      isAsking: false,
    }));
    this.#onStandings = onStandings;
  }

  /** A host has said of a key how it stands. That may be older than the host's latest heartbeat. */
  note(host: number, standing: KeyStanding): void {
    const { keyId } = standing;
    const known = this.#hosts[host]!;
    if (known.standings.has(keyId)) return;
    known.standings.set(keyId, standing);
    known.asked = '';
    // Where it is the only one that knows the key, its verdict says the same.
    if (this.#wordsOf(keyId).length > 1) this.#onStandings([strictestStanding(this.#wordsOf(keyId))]);
  }

  /** @param mark differs between any two starts of a host, and between any two of its counts */
  onHeartbeat(link: Pick<GroupLink, 'host' | 'ask'>, mark: string): void {
    const known = this.#hosts[link.host]!;
    known.heard = mark;
    if (known.asked !== mark && !known.isAsking) void this.#ask(link, known);
  }

  #wordsOf(keyId: string): readonly KeyStanding[] {
    return this.#hosts.flatMap(({ standings }) => standings.get(keyId) ?? []);
  }

  async #ask(link: Pick<GroupLink, 'ask'>, known: HostKeys): Promise<void> {
    const { heard } = known;
    const keyIds = [...known.standings.keys()];
    known.isAsking = true;
    try {
      for (let i = 0; i < keyIds.length; i += MAX_STANDING_KEYS) {
        const part = keyIds.slice(i, i + MAX_STANDING_KEYS);
        const answer = await link.ask({ type: 'standings', keyIds: part });
        if (answer.type !== 'standings') return;
        for (const standing of answer.standings) known.standings.set(standing.keyId, standing);
        this.#onStandings(answer.standings.map(({ keyId }) => strictestStanding(this.#wordsOf(keyId))));
      }
      if (known.standings.size === keyIds.length) known.asked = heard;
    } catch {
      // Asked again with the next heartbeat.
    } finally {
      known.isAsking = false;
    }
  }
}
