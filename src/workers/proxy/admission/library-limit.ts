/**
 * The library ends a connection without a word at its own limit, as soon as a frame's head announces more: nothing of ours
 * is asked before. Ours is checked below that one, so that a client with a message that is merely too big reads why. The
 * library holds up to its limit of each connection's message, so a higher one would cost memory that anybody can take.
 */
export const LIBRARY_LIMIT_FACTOR = 4;
