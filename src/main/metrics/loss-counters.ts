/** What was lost, by where. */
import { by, type CounterRow } from './counter-row.ts';

const LOST = 'tickwire_lost';
const LOST_HELP =
  'What did not get where it was meant to, by where it was lost: ticks, frames, recorded frames, order updates.';

export const LOSSES: readonly CounterRow[] = [
  {
    metric: LOST,
    help: LOST_HELP,
    from: 'feed',
    counters: {
      ...by('where', {
        truncated: 'upstream_frames',
        trailing: 'upstream_frames',
        unknownLengths: 'upstream_frames',
      }),
      reject_short_frame: { where: 'upstream_frames' },
      reject_unknown_mode: { where: 'upstream_frames' },
      recordDropped: { where: 'recorder' },
    },
  },
  {
    metric: LOST,
    help: LOST_HELP,
    from: 'proxy',
    fedBy: 'ring',
    counters: { lost: { where: 'ring_to_clients' } },
  },
  {
    metric: LOST,
    help: LOST_HELP,
    from: 'proxy',
    fedBy: 'bus',
    counters: { lost: { where: 'bus_to_clients' }, garbage: { where: 'bus_to_clients' } },
  },
  {
    metric: LOST,
    help: LOST_HELP,
    from: 'proxy',
    counters: { dropped: { where: 'client_socket' }, ordersUnpackable: { where: 'orders' } },
  },
  { metric: LOST, help: LOST_HELP, from: 'bus', counters: { lost: { where: 'ring_to_bus' } } },
  { metric: LOST, help: LOST_HELP, from: 'openalgo bus', counters: { garbage: { where: 'openalgo_bus' } } },
];

/** Every place, so that a 0 is shown too. */
export const LOSS_PLACES: readonly string[] = [
  ...new Set(LOSSES.flatMap(({ counters }) => Object.values(counters).map(({ where }) => where ?? ''))),
];
