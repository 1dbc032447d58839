/**
 * What a million clients would take, from what a few hundred took: straight lines through measured points. A thread's cost
 * has a part that is there at any load, since it wakes for each burst, and a part for each tick.
 */
import type { Line } from '../harness/line.ts';
import type { Table } from '../harness/table.ts';

/** What was measured. */
export interface UnitCosts {
  /** A feed host with one subscriber. */
  readonly feed: Line;
  /** Its bus worker, for each further subscriber. */
  readonly busWorker: Line;
  /** Its ZeroMQ thread, for each further subscriber. */
  readonly zeromq: Line;
  /** A proxy of one worker without clients, for what it receives and encodes. */
  readonly proxy: Line;
  /** A proxy, µs for each delivery to a client. */
  readonly perDelivery: number;
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

interface Plan {
  readonly ticks: number;
  readonly deliveries: number;
  /** Cores of a proxy worker before its first client. */
  readonly receiving: number;
  readonly clientsPerWorker: number;
  readonly workers: number;
  readonly gbit: number;
  /** Cores at a feed host that serves all workers. */
  readonly feed: number;
  readonly busWorker: number;
  readonly zeromq: number;
  /** Subscribers that the thread of the feed host that is full first can serve. */
  readonly mostSubscribers: number;
}

function plan(costs: UnitCosts, perInstrument: number): Plan {
  const ticks = INSTRUMENTS * perInstrument;
  const coresOf = ({ cores, perTick }: Line) => cores + (ticks * perTick) / 1e6;
  const perClient = INSTRUMENTS_PER_CLIENT * perInstrument;
  const deliveries = CLIENTS * perClient;
  const receiving = coresOf(costs.proxy);
  const left = Math.max(0, PLANNED - receiving);
  const clientsPerWorker = Math.floor((left * 1e6) / (costs.perDelivery * perClient));
  const workers = Math.ceil(CLIENTS / clientsPerWorker);
  const busWorker = workers * coresOf(costs.busWorker);
  const zeromq = workers * coresOf(costs.zeromq);
  return {
    ticks,
    deliveries,
    receiving,
    clientsPerWorker,
    workers,
    gbit: (deliveries * (costs.bytesPerDelivery + HEAD_BYTES) * 8) / 1e9,
    feed: coresOf(costs.feed) + busWorker + zeromq,
    busWorker,
    zeromq,
    mostSubscribers: Math.floor(PLANNED / Math.max(coresOf(costs.busWorker), coresOf(costs.zeromq))),
  };
}

const ROWS: readonly (readonly [string, (plan: Plan) => string])[] = [
  ['ticks/s of all instruments', ({ ticks }) => String(ticks)],
  ['deliveries/s, millions', ({ deliveries }) => (deliveries / 1e6).toFixed(0)],
  ['cores of a proxy worker before its first client', ({ receiving }) => receiving.toFixed(2)],
  ['clients per proxy worker', ({ clientsPerWorker }) => String(clientsPerWorker)],
  [
    'deliveries/s of it',
    ({ deliveries, clientsPerWorker }) => ((deliveries / CLIENTS) * clientsPerWorker).toFixed(0),
  ],
  ['proxy workers, a core each', ({ workers }) => String(workers)],
  ['Gbit/s to clients', ({ gbit }) => gbit.toFixed(0)],
  [`cards of ${CARD_GBIT} Gbit/s`, ({ gbit }) => String(Math.ceil(gbit / CARD_GBIT))],
  ['cores of a feed host that serves all these workers', ({ feed }) => feed.toFixed(1)],
  ['of which its bus worker, one thread', ({ busWorker }) => busWorker.toFixed(1)],
  ['of which ZeroMQ, one thread', ({ zeromq }) => zeromq.toFixed(1)],
  ['workers that a feed host can serve', ({ mostSubscribers }) => String(mostSubscribers)],
  ['clients that these serve', (plan) => String(plan.mostSubscribers * plan.clientsPerWorker)],
];

export function scaleOutTable(costs: UnitCosts): Table {
  const plans = TICKS_PER_SECOND.map((perInstrument) => plan(costs, perInstrument));
  return {
    title:
      `Extrapolated: ${CLIENTS} JSON clients with ${INSTRUMENTS_PER_CLIENT} of ${INSTRUMENTS} instruments each, ` +
      `${PLANNED * 100} % of each core planned for`,
    columns: ['', ...TICKS_PER_SECOND.map((perInstrument) => `${perInstrument} ticks/s each`)],
    rows: ROWS.map(([name, of]) => [name, ...plans.map(of)]),
  };
}
