/**
 * Flags of an engine under test whose clients count ticks. They share a thread with the test, and the machine with other
 * tests: one that stands still for half a second is not to be taken for a slow client, which gets the latest ticks alone.
 */
export const EVERY_TICK = ['--slow-policy=deliver', '--max-backpressure-bytes=268435456'] as const;
