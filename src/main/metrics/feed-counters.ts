/** Of the feed workers. */
import { by, type CounterRow } from './counter-row.ts';

export const FEED_COUNTERS: readonly CounterRow[] = [
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
