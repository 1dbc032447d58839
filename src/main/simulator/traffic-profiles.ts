/**
 * How often tokens tick. The rates are estimates: no broker publishes any. They build on the sequence numbers of
 * published captures (4000 to 5000 updates a second over all NSE and BSE instruments) and on counted ticks of single ones.
 */

export const TICK_CLASSES = ['index', 'liquid', 'middling', 'illiquid'] as const;
/** How lively an instrument is. */
export type TickClass = (typeof TICK_CLASSES)[number];

/** Share of a busy list's instruments, indices left out, that are liquid or livelier, middling or livelier. */
const LIQUID_SHARE = 15 / 99;
const MIDDLING_SHARE = 50 / 99;

export interface TrafficProfile {
  /** Ticks per second of one token, by class. */
  readonly rates: Readonly<Record<TickClass, number>>;
  /** Whether ticks of a second cluster, as they do when the exchange refreshes once a second. */
  readonly burst: boolean;
}

/**
 * A list of 1000 tokens ticks some 490 times a second when calm, 840 at the open, 1980 in a storm (the second of a
 * thousand).
 */
export const TRAFFIC_PROFILES = {
  calm: { rates: { index: 2, liquid: 1.8, middling: 0.5, illiquid: 0.05 }, burst: false },
  open: { rates: { index: 2, liquid: 2.5, middling: 1, illiquid: 0.2 }, burst: true },
  storm: { rates: { index: 4, liquid: 5, middling: 2, illiquid: 1 }, burst: true },
} as const satisfies Record<string, TrafficProfile>;

export type TrafficProfileName = keyof typeof TRAFFIC_PROFILES;

/** Whether a text from outside names a profile. */
export function isTrafficProfileName(name: string): name is TrafficProfileName {
  return Object.hasOwn(TRAFFIC_PROFILES, name);
}

/** The class of an instrument that is no index, by a draw from [0, 1). */
export function tickClassOfShare(share: number): TickClass {
  if (share < LIQUID_SHARE) return 'liquid';
  return share < MIDDLING_SHARE ? 'middling' : 'illiquid';
}
