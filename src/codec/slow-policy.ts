/**
 * What happens to a client that falls behind, by its own choice or by the operator's.
 *
 * | policy     | at the soft threshold of a mode                          | at the outbound limit |
 * | deliver    | nothing: every tick waits for it                         | disconnected (4008)   |
 * | conflate   | only the latest tick of each of its instruments waits    | disconnected (4008)   |
 * | disconnect | disconnected (4008)                                      |                       |
 */
export const SLOW_POLICIES = ['conflate', 'deliver', 'disconnect'] as const;
export type SlowPolicy = (typeof SLOW_POLICIES)[number];
