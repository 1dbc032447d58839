/**
 * What a million clients would take, from what a few hundred took: straight lines through measured points. A host's cost
 * has a part that is there at any load, since threads wake for each burst, and a part for each tick, subscriber and
 * delivery.
 */
import type { Table } from '../harness/table.ts';

/** What was measured: cores, and µs of CPU. */
export interface UnitCosts {
  /** Cores of a feed host that serves one proxy, at any load. */
  readonly feedCores: number;
  /** The same for each tick. */
  readonly feedPerTick: number;
  /** The feed host for each tick and each further subscriber of it. */
  readonly feedPerTickAndProxy: number;
  /** ZeroMQ's thread at the feed host, of `feedPerTickAndProxy`. */
  readonly ioPerTickAndProxy: number;
  /** Cores of a proxy worker with its ZeroMQ thread, at any load. */
  readonly proxyCores: number;
  /** The same for each tick that it receives and encodes, whoever wants it. */
  readonly proxyPerTick: number;
  /** A proxy worker for each delivery to a client. */
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
  readonly feedCores: number;
  readonly ioCores: number;
  readonly mostSubscribers: number;
}

function plan(costs: UnitCosts, perInstrument: number): Plan {
  const ticks = INSTRUMENTS * perInstrument;
  const perClient = INSTRUMENTS_PER_CLIENT * perInstrument;
  const deliveries = CLIENTS * perClient;
  const receiving = costs.proxyCores + (ticks * costs.proxyPerTick) / 1e6;
  const left = Math.max(0, PLANNED - receiving);
  const clientsPerWorker = Math.floor((left * 1e6) / (costs.perDelivery * perClient));
  const workers = Math.ceil(CLIENTS / clientsPerWorker);
  return {
    ticks,
    deliveries,
    receiving,
    clientsPerWorker,
    workers,
    gbit: (deliveries * (costs.bytesPerDelivery + HEAD_BYTES) * 8) / 1e9,
    feedCores:
      costs.feedCores + (ticks * (costs.feedPerTick + costs.feedPerTickAndProxy * (workers - 1))) / 1e6,
    ioCores: (ticks * costs.ioPerTickAndProxy * workers) / 1e6,
    mostSubscribers: Math.floor((PLANNED * 1e6) / (ticks * costs.ioPerTickAndProxy)),
  };
}

const ROWS: readonly (readonly [string, (plan: Plan) => string])[] = [
  ['ticks/s of all instruments', ({ ticks }) => String(ticks)],
  ['deliveries/s, millions', ({ deliveries }) => (deliveries / 1e6).toFixed(0)],
  ['cores of a proxy worker before its first client', ({ receiving }) => receiving.toFixed(2)],
  ['clients per proxy worker', ({ clientsPerWorker }) => String(clientsPerWorker)],
  ['proxy workers, a core each', ({ workers }) => String(workers)],
  ['Gbit/s to clients', ({ gbit }) => gbit.toFixed(0)],
  [`cards of ${CARD_GBIT} Gbit/s`, ({ gbit }) => String(Math.ceil(gbit / CARD_GBIT))],
  ['cores of a feed host that serves all these workers', ({ feedCores }) => feedCores.toFixed(1)],
  ['of which its one ZeroMQ thread', ({ ioCores }) => ioCores.toFixed(1)],
  ['workers that one ZeroMQ thread can serve', ({ mostSubscribers }) => String(mostSubscribers)],
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
