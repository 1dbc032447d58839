/**
 * The two forms of the client protocol. `openalgo` is what every client in use speaks; `design` is OpenAlgo's published
 * design, from which the deployed server drifted: other numbers of modes, other keys in ticks, errors with a type.
 */
export const DIALECTS = ['openalgo', 'design'] as const;
export type Dialect = (typeof DIALECTS)[number];

/** Depth levels that the design knows; which of them a broker has is its capability. */
export const DESIGN_DEPTH_LEVELS: readonly number[] = [5, 20, 30, 50];

/** A broker's name as messages to people have it. */
export function brokerTitle(broker: string): string {
  return broker.slice(0, 1).toUpperCase() + broker.slice(1);
}

/** What a client is told that gets fewer levels than it asked for. */
export function depthNotice(broker: string, exchange: string, levels: number): string {
  return `${brokerTitle(broker)} broker only supports up to ${levels} depth levels for ${exchange}`;
}
