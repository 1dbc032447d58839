/**
 * What a million clients would take, from what a few hundred took. Straight lines through the measured points: what a
 * delivery costs does not depend on how many there are, since each is a write to a socket of its own.
 */
import type { Table } from '../harness/table.ts';

/** What was measured, µs of CPU. */
export interface UnitCosts {
  /** A worker of a proxy, per tick that it receives, decodes and encodes, whoever wants it. */
  readonly proxyPerTick: number;
  /** A worker of a proxy, per delivery to a client. */
  readonly perDelivery: number;
  /** ZeroMQ's threads at the proxy, per tick. */
  readonly proxyZeromqPerTick: number;
  /** The feed host without any proxy, per tick. */
  readonly feedPerTick: number;
  /** The bus worker at the feed host, per tick and subscriber. */
  readonly busPerTickAndProxy: number;
  /** ZeroMQ's thread at the feed host, per tick and subscriber. */
  readonly ioPerTickAndProxy: number;
  /** Payload of a delivery. */
  readonly bytesPerDelivery: number;
}

const CLIENTS = 1_000_000;
const INSTRUMENTS = 3000;
const INSTRUMENTS_PER_CLIENT = 20;
/** Of each instrument: an ordinary minute, and the 45,000/s that three full connections can bring. */
const TICKS_PER_SECOND = [2, 15];
/** Part of a core that is planned for: the rest is for bursts. */
const PLANNED = 0.7;
const CARD_GBIT = 10;
/** Heads of the WebSocket frame, TCP with time stamps, IP, and Ethernet with its gap, when each delivery is a packet. */
const HEAD_BYTES = 4 + 32 + 20 + 38;

function column(costs: UnitCosts, perInstrument: number): string[] {
  const ticks = INSTRUMENTS * perInstrument;
  const perClient = INSTRUMENTS_PER_CLIENT * perInstrument;
  const deliveries = CLIENTS * perClient;
  const receiving = (ticks * costs.proxyPerTick) / 1e6;
  const perWorker = ((PLANNED - receiving) * 1e6) / costs.perDelivery;
  const workers = perWorker > 0 ? Math.ceil(deliveries / perWorker) : Number.POSITIVE_INFINITY;
  const gbit = (deliveries * (costs.bytesPerDelivery + HEAD_BYTES) * 8) / 1e9;
  const core = (us: number) => ((ticks * us) / 1e6).toFixed(2);
  const most = (us: number) => String(Math.floor((PLANNED * 1e6) / (ticks * us)));
  return [
    String(ticks),
    (deliveries / 1e6).toFixed(0),
    receiving.toFixed(2),
    perWorker > 0 ? String(Math.floor(perWorker / perClient)) : 'none',
    String(workers),
    ((ticks * costs.proxyZeromqPerTick * workers) / 1e6).toFixed(0),
    gbit.toFixed(0),
    String(Math.ceil(gbit / CARD_GBIT)),
    core(costs.feedPerTick),
    core(costs.busPerTickAndProxy * workers),
    core(costs.ioPerTickAndProxy * workers),
    most(costs.ioPerTickAndProxy),
  ];
}

const ROWS = [
  'ticks/s of all instruments',
  'deliveries/s, millions',
  'cores: receiving, per proxy worker',
  'clients per proxy worker',
  'proxy workers',
  "cores: ZeroMQ's threads of the proxies",
  'Gbit/s to clients',
  `hosts with a card of ${CARD_GBIT} Gbit/s`,
  'cores: feed host without proxies',
  'cores: its bus worker, for so many subscribers',
  'cores: its ZeroMQ thread, for so many subscribers',
  'subscribers that one ZeroMQ thread can serve',
];

export function scaleOutTable(costs: UnitCosts): Table {
  const columns = TICKS_PER_SECOND.map((perInstrument) => column(costs, perInstrument));
  return {
    title:
      `Extrapolated: ${CLIENTS} JSON clients with ${INSTRUMENTS_PER_CLIENT} of ${INSTRUMENTS} instruments each, ` +
      `${PLANNED * 100} % of each core planned for`,
    columns: ['', ...TICKS_PER_SECOND.map((perInstrument) => `${perInstrument} ticks/s each`)],
    rows: ROWS.map((name, i) => [name, ...columns.map((values) => values[i]!)]),
  };
}
