/**
 * Which counters of the workers go into which metric. A counter that has no row here fails a test: nothing that a thread
 * counts is kept from the operator.
 */

/** Labels of a counter, by its name in the worker. */
type Labelled = Readonly<Record<string, Readonly<Record<string, string>>>>;

export interface CounterRow {
  /** Without the unit's `_total`. */
  readonly metric: string;
  readonly help: string;
  /** Kind of thread that counts it, see `ThreadRecord.kind`. */
  readonly from: 'feed' | 'proxy' | 'bus' | 'openalgo bus';
  /** Proxies count what they lost under one name, whoever feeds them. */
  readonly fedBy?: 'ring' | 'bus';
  /** Each connection to a broker by itself. */
  readonly byFeed?: boolean;
  readonly counters: Labelled;
  /** Counters whose names begin so: the rest of the name is the label's value. */
  readonly prefix?: { readonly begins: string; readonly label: string };
}

/** The counters of one label each: `by('reason', { refusedOfKey: 'key' })`. */
function by(label: string, values: Readonly<Record<string, string>>): Labelled {
  return Object.fromEntries(Object.entries(values).map(([name, value]) => [name, { [label]: value }]));
}

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

const FEED: readonly CounterRow[] = [
  {
    metric: 'tickwire_upstream_frames',
    help: 'Messages of the brokers.',
    from: 'feed',
    byFeed: true,
    counters: { frames: {} },
  },
  {
    metric: 'tickwire_ticks',
    help: 'Ticks made of what the brokers sent.',
    from: 'feed',
    byFeed: true,
    counters: { ticks: {} },
  },
  {
    metric: 'tickwire_upstream_reconnects',
    help: 'Connections to a broker that were lost or refused, and made anew.',
    from: 'feed',
    byFeed: true,
    counters: { reconnects: {} },
  },
  {
    metric: 'tickwire_upstream_refusals',
    help: 'What a broker refused: requests, subscriptions of instruments.',
    from: 'feed',
    byFeed: true,
    counters: by('what', { requestErrors: 'requests', pairsRefused: 'subscriptions' }),
  },
  {
    metric: 'tickwire_upstream_unknown',
    help: 'What a broker sent that means nothing here, beside frames that are lost: texts, packets of instruments that nobody asked for, odd values in frames.',
    from: 'feed',
    byFeed: true,
    counters: by('what', { unknownText: 'texts', unknownToken: 'instruments', unknownSegments: 'segments' }),
    prefix: { begins: 'anomaly_', label: 'what' },
  },
  {
    metric: 'tickwire_upstream_skipped',
    help: 'Packets that are no ticks: the same bytes as before, or a lower mode beside the wished one.',
    from: 'feed',
    byFeed: true,
    counters: by('reason', { repeated: 'repeated', superseded: 'superseded' }),
  },
  {
    metric: 'tickwire_upstream_reordered',
    help: 'Ticks with an earlier exchange time than the one before.',
    from: 'feed',
    byFeed: true,
    counters: { reordered: {} },
  },
  {
    metric: 'tickwire_upstream_notices',
    help: 'Other messages of the brokers: heartbeats, packets in messages, notices, order updates that are not passed on.',
    from: 'feed',
    byFeed: true,
    counters: by('what', {
      heartbeats: 'heartbeats',
      packets: 'packets',
      notices: 'notices',
      orders: 'orders',
    }),
  },
  {
    metric: 'tickwire_upstream_silences',
    help: 'What the stall watchdog did: instruments asked for again, instruments taken for silent.',
    from: 'feed',
    byFeed: true,
    counters: by('action', { resubscribed: 'resubscribed', silenced: 'silenced' }),
  },
  {
    metric: 'tickwire_recorded_frames',
    help: 'Messages that were recorded.',
    from: 'feed',
    counters: { recorded: {} },
  },
  {
    metric: 'tickwire_recorded_bytes',
    help: 'Bytes of them.',
    from: 'feed',
    counters: { recordedBytes: {} },
  },
  {
    metric: 'tickwire_record_write_errors',
    help: 'Writes to the recording that failed.',
    from: 'feed',
    counters: { recordWriteErrors: {} },
  },
];

const PROXY: readonly CounterRow[] = [
  {
    metric: 'tickwire_wanted_ticks',
    help: 'Ticks that some client here holds.',
    from: 'proxy',
    counters: { ticks: {} },
  },
  {
    metric: 'tickwire_published',
    help: 'Messages given to the socket library, each for all clients of its stream.',
    from: 'proxy',
    counters: { published: {} },
  },
  {
    metric: 'tickwire_deliveries',
    help: 'Ticks given to clients, counted for each client.',
    from: 'proxy',
    counters: by('way', { deliveries: 'every', conflatedSent: 'conflated' }),
  },
  {
    metric: 'tickwire_gaps',
    help: 'Gaps in the ticks of an instrument, whether anybody asked to be told or not.',
    from: 'proxy',
    counters: { gaps: {} },
  },
  {
    metric: 'tickwire_hop_clock_ahead',
    help: 'Ticks that another host stamped with a later time than it is here: the clocks of the hosts differ.',
    from: 'proxy',
    counters: { hopsAhead: {} },
  },
  { metric: 'tickwire_requests', help: 'Requests of clients.', from: 'proxy', counters: { requests: {} } },
  {
    metric: 'tickwire_request_errors',
    help: 'Requests that were answered with an error, by its code.',
    from: 'proxy',
    counters: {},
    prefix: { begins: 'error_', label: 'code' },
  },
  {
    metric: 'tickwire_client_refusals',
    help: 'Clients that were not let in, by what there was no room for.',
    from: 'proxy',
    counters: by('reason', {
      refusedHandshakes: 'handshakes',
      refusedConnections: 'connections',
      refusedOfAddress: 'address',
      refusedOfKey: 'key',
      refusedAttempts: 'wrong_keys',
    }),
  },
  {
    metric: 'tickwire_client_connections',
    help: 'Connections that were accepted.',
    from: 'proxy',
    counters: { accepted: {} },
  },
  {
    metric: 'tickwire_client_disconnects',
    help: 'Connections that this end closed, by the reason.',
    from: 'proxy',
    counters: by('reason', {
      authTimeout: 'auth_timeout',
      keepalive: 'keepalive',
      slowConsumer: 'slow_consumer',
      idle: 'idle',
      tooBig: 'too_big',
      malformed: 'malformed',
      tooManyWaiting: 'too_many_requests',
      keysRevoked: 'key_revoked',
    }),
  },
  {
    metric: 'tickwire_http_requests',
    help: "Requests at the clients' listener that are no WebSocket.",
    from: 'proxy',
    counters: { httpRequests: {} },
  },
  {
    metric: 'tickwire_conflations',
    help: 'Clients that fell behind and get the latest ticks only, and that caught up.',
    from: 'proxy',
    counters: by('change', { conflations: 'fell_behind', restorations: 'caught_up' }),
  },
  {
    metric: 'tickwire_conflated_ticks',
    help: 'Ticks that stand for nobody: a later one was sent in their place.',
    from: 'proxy',
    counters: { conflated: {} },
  },
  {
    metric: 'tickwire_receipts',
    help: 'Receipts of conflated ticks.',
    from: 'proxy',
    counters: { receipts: {} },
  },
  {
    metric: 'tickwire_told',
    help: 'News for clients: order updates, feed statuses, refusals of a broker.',
    from: 'proxy',
    counters: by('what', { orders: 'orders', statuses: 'statuses', refusals: 'refusals' }),
  },
  {
    metric: 'tickwire_sessions_resumed',
    help: 'Clients that came back to a session, by whether it was still there.',
    from: 'proxy',
    counters: by('found', { sessionsResumed: 'yes', sessionsUnknown: 'no' }),
  },
  {
    metric: 'tickwire_subscriptions_ended',
    help: "Subscriptions that a change of a key's rights ended.",
    from: 'proxy',
    counters: { subscriptionsEnded: {} },
  },
  {
    metric: 'tickwire_encodings_unusual',
    help: 'Ticks that were not encoded in the ordinary way: numbers that msgpack rounds, frames that were packed anew.',
    from: 'proxy',
    counters: by('how', { rounded: 'rounded', repacked: 'repacked' }),
  },
  {
    metric: 'tickwire_feed_host_switches',
    help: 'Instruments that went over to another feed host.',
    from: 'proxy',
    counters: { switches: {} },
  },
  {
    metric: 'tickwire_bus_late_messages',
    help: 'Messages of topics that nobody here holds any more.',
    from: 'proxy',
    counters: { late: {} },
  },
];

const BUS: readonly CounterRow[] = [
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

export const COUNTER_ROWS: readonly CounterRow[] = [...LOSSES, ...FEED, ...PROXY, ...BUS];

export interface GaugeRow {
  readonly metric: string;
  readonly help: string;
  readonly from: 'proxy' | 'bus';
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
];

/** The bus worker's takeovers go on over its lives by themselves, and only keep epochs rising. */
export const UNSHOWN_COUNTERS: ReadonlySet<string> = new Set(['takeovers']);
