/** What the ticks of the bus hop are sent under. */
export const HOP_TOPIC = 'doctor';
