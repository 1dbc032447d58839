/** What the process of a rival can be asked for. */
import { serveParent } from '../../harness/child-program.ts';

/** @param start connects upstream when somebody subscribes; resolves with the address for clients */
function handlersOf(start: (upstreamUrl: string) => Promise<string>) {
  return { start };
}
export type RelayProgram = ReturnType<typeof handlersOf>;

export function serveRelay(start: (upstreamUrl: string) => Promise<string>): void {
  serveParent(handlersOf(start));
}
