/** What each process of a contender used within a run. */
import type { ServerProcess } from './contender.ts';

export interface HostUse {
  /** s, all threads; null where the system does not tell. */
  readonly cpuSeconds: number | null;
  /** Of these, those of ZeroMQ's own threads. */
  readonly zeromqSeconds: number | null;
  readonly rssMiB: number | null;
}

type Reading = ReturnType<ServerProcess['threads']>;

/** The CPU of every thread so far. */
export function readHosts(hosts: readonly ServerProcess[]): readonly Reading[] {
  return hosts.map((host) => host.threads());
}

/** In the order of the processes. */
export function useSince(hosts: readonly ServerProcess[], before: readonly Reading[]): readonly HostUse[] {
  return hosts.map((host, i) => {
    const earlier = before[i];
    const now = host.threads();
    const rssMiB = host.usage()?.rssMiB ?? null;
    if (now === null || earlier === null || earlier === undefined) {
      return { cpuSeconds: null, zeromqSeconds: null, rssMiB };
    }
    let cpuUs = 0;
    let zeromqUs = 0;
    for (const [thread, { name, cpuUs: total }] of now) {
      const used = total - (earlier.get(thread)?.cpuUs ?? 0);
      cpuUs += used;
      if (name.startsWith('ZMQbg')) zeromqUs += used;
    }
    return { cpuSeconds: cpuUs / 1e6, zeromqSeconds: zeromqUs / 1e6, rssMiB };
  });
}
