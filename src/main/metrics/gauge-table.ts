/** Counters of the workers that say how many there are now. */

export interface GaugeRow {
  readonly metric: string;
  readonly help: string;
  readonly from: 'proxy' | 'bus' | 'operator';
  readonly counter: string;
  /** How the threads' figures are put together. */
  readonly over: 'sum' | 'max';
}

export const GAUGE_ROWS: readonly GaugeRow[] = [
  {
    metric: 'tickwire_clients',
    help: 'Connections of clients, with or without a key.',
    from: 'proxy',
    counter: 'clients',
    over: 'sum',
  },
  {
    metric: 'tickwire_clients_slow',
    help: 'Clients that are behind and do not get every tick now.',
    from: 'proxy',
    counter: 'clientsSlow',
    over: 'sum',
  },
  {
    metric: 'tickwire_clients_backlog_bytes',
    help: 'Bytes that wait in this process for clients to take them.',
    from: 'proxy',
    counter: 'unsentBytes',
    over: 'sum',
  },
  {
    metric: 'tickwire_clients_backlog_longest_bytes',
    help: 'Bytes that wait for the client furthest behind.',
    from: 'proxy',
    counter: 'backlogBytes',
    over: 'max',
  },
  {
    metric: 'tickwire_client_instruments',
    help: 'Instruments that clients of a proxy worker hold, at most.',
    from: 'proxy',
    counter: 'instruments',
    over: 'max',
  },
  {
    metric: 'tickwire_client_subscriptions',
    help: 'Pairs of instrument and mode that clients hold, counted for each proxy worker.',
    from: 'proxy',
    counter: 'keys',
    over: 'sum',
  },
  {
    metric: 'tickwire_feed_links',
    help: 'Links of proxy workers to feed hosts.',
    from: 'proxy',
    counter: 'links',
    over: 'sum',
  },
  {
    metric: 'tickwire_feed_links_up',
    help: 'Those that are up.',
    from: 'proxy',
    counter: 'linksUp',
    over: 'sum',
  },
  {
    metric: 'tickwire_feed_topics',
    help: 'Topics that are subscribed at feed hosts.',
    from: 'proxy',
    counter: 'topics',
    over: 'sum',
  },
  {
    metric: 'tickwire_feed_queue_messages',
    help: 'Messages of feed hosts that wait to be read.',
    from: 'proxy',
    counter: 'queued',
    over: 'sum',
  },
  {
    metric: 'tickwire_feed_instruments',
    help: 'Instruments that are held at feed hosts, counted for each proxy worker.',
    from: 'proxy',
    counter: 'slots',
    over: 'sum',
  },
  {
    metric: 'tickwire_bus_subscriptions',
    help: 'Subscriptions on the bus.',
    from: 'bus',
    counter: 'subscriptions',
    over: 'sum',
  },
  {
    metric: 'tickwire_bus_held_topics',
    help: 'Topics that are subscribed upstream for the bus.',
    from: 'bus',
    counter: 'held',
    over: 'sum',
  },
  {
    metric: 'tickwire_dashboards',
    help: 'Dashboards that are open.',
    from: 'operator',
    counter: 'dashboards',
    over: 'sum',
  },
];
