/** Which of a feed's hosts an instrument's ticks are taken from. */
import type { FeedStatusName } from '../worker-messages.ts';

export interface HostView {
  readonly isUp: boolean;
  /** What the host says of the instrument, null while it has said nothing. */
  readonly status: FeedStatusName | null;
}

/** As good as it gets: a closed market has no ticks anywhere. */
function isGood({ isUp, status }: HostView): boolean {
  return isUp && (status === 'live' || status === 'market_closed');
}

/**
 * The followed host as long as it is well, or nobody else is; otherwise the first that is. There is no way back to an
 * earlier host for its own sake: each switch is a break that clients see.
 */
export function chooseHost(followed: number, hosts: readonly HostView[]): number {
  const present = hosts[followed]!;
  if (isGood(present) || (present.isUp && present.status === null)) return followed;
  const other = hosts.findIndex(isGood);
  return other === -1 ? followed : other;
}
