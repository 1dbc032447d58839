/** Of the bus worker, and of the worker of OpenAlgo's bus. */
import { by, type CounterRow } from './counter-row.ts';

export const BUS_COUNTERS: readonly CounterRow[] = [
  {
    metric: 'tickwire_bus_ticks',
    help: 'Ticks under topics of the bus.',
    from: 'bus',
    counters: { ticks: {} },
  },
  { metric: 'tickwire_bus_messages', help: 'Messages on the bus.', from: 'bus', counters: { messages: {} } },
  { metric: 'tickwire_bus_events', help: 'Events on the bus.', from: 'bus', counters: { events: {} } },
  {
    metric: 'tickwire_bus_last_values',
    help: 'Last values on the bus, of which those that were repeated because an instrument was quiet.',
    from: 'bus',
    counters: by('kind', { snapshots: 'all', republished: 'repeated' }),
  },
  {
    metric: 'tickwire_bus_requests',
    help: 'Questions of proxies on other hosts.',
    from: 'bus',
    counters: { requests: {} },
  },
  {
    metric: 'tickwire_bus_refusals',
    help: 'What the bus refused: subscriptions that no broker serves, questions, peers without a right to be there.',
    from: 'bus',
    counters: by('what', { refused: 'subscriptions', refusedRequests: 'requests', refusedPeers: 'peers' }),
  },
  {
    metric: 'tickwire_openalgo_bus_messages',
    help: "Messages on OpenAlgo's bus, by what became of them.",
    from: 'openalgo bus',
    counters: by('what', {
      messages: 'all',
      ticks: 'ticks',
      orders: 'orders',
      invalidations: 'invalidations',
      ignored: 'ignored',
      unwanted: 'unwanted',
    }),
  },
];
