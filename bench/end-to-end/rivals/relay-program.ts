/** What the process of a rival can be asked for. */
import { serveParent } from '../../harness/child-program.ts';

export interface RelayAddresses {
  readonly upstreamUrl: string;
  /** Of the server behind it; '' where the rival serves clients itself. */
  readonly serverUrl: string;
}

/** Connects upstream when somebody subscribes; resolves with the address for clients. */
type Start = (addresses: RelayAddresses) => Promise<string>;

export type RelayProgram = { readonly start: Start };

export function serveRelay(start: Start): void {
  serveParent({ start } satisfies RelayProgram);
}
