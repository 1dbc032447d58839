/**
 * The two clients that must notice nothing, in a process of their own: one reads JSON, one msgpack, both hold all
 * instruments, count every tick, check its number, and measure its latency from the instant at which it was due.
 */
import { type ClientRequest, RawClient } from '../../bench/end-to-end/raw-client.ts';
import { intendedTimeFinder, NO_TICK } from '../../bench/end-to-end/tick-format.ts';
import { serveParent } from '../../bench/harness/child-program.ts';
import { LatencyRecorder, type LatencySummary } from '../../bench/harness/latency-recorder.ts';
import { SequenceCheck } from './sequence-check.ts';

export interface HealthyOptions {
  readonly url: string;
  readonly apiKey: string;
  readonly exchange: string;
  readonly symbols: readonly string[];
}

export interface HealthyResult {
  readonly received: number;
  /** One for each client, of the times at which its ticks were due. */
  readonly checksums: readonly number[];
  /** Ticks that did not come behind the one before. */
  readonly sequenceFaults: number;
  /** Messages that were neither ticks nor answers: a gap notice, above all. */
  readonly notices: readonly string[];
  /** Why connections ended. */
  readonly lost: readonly string[];
  readonly latency: LatencySummary;
}

const FRAMINGS = ['json', 'msgpack'] as const;
const SYMBOLS_PER_REQUEST = 200;
const ANSWER_TIMEOUT_MS = 20_000;
const BUFFER_BYTES = 256 * 1024;
const QUOTE = 2;
/** A client that is told of thousands of gaps says so with the first few. */
const KEPT_NOTICES = 20;

const latency = new LatencyRecorder();
const notices: string[] = [];
const lost: string[] = [];
let fromUs = 0;
let clients: readonly HealthyClient[] = [];

type Answer = Readonly<Record<string, unknown>>;

class HealthyClient {
  readonly #client: RawClient;
  readonly #sequence: SequenceCheck;
  readonly #opened = Promise.withResolvers<void>();
  #waiting: PromiseWithResolvers<Answer> | null = null;
  received = 0;
  checksum = 0;
  #faultsBefore = 0;

  constructor(url: string, framing: (typeof FRAMINGS)[number], instruments: number) {
    const sequence = new SequenceCheck(framing, instruments);
    this.#sequence = sequence;
    const findTime = intendedTimeFinder(framing, 'quote');
    this.#client = new RawClient(
      {
        url,
        form: framing,
        mode: 'quote',
        bufferBytes: BUFFER_BYTES,
        find: (buffer, from, to, nowUs) => {
          const intendedUs = findTime(buffer, from, to, nowUs);
          if (intendedUs !== NO_TICK) sequence.check(buffer, from, to);
          return intendedUs;
        },
      },
      {
        tick: (receivedUs, intendedUs) => {
          this.received++;
          this.checksum = (this.checksum + intendedUs) | 0;
          if (intendedUs >= fromUs) latency.record(receivedUs - intendedUs);
        },
        control: (message) => this.#control(message),
        open: () => this.#opened.resolve(),
        lost: (reason) => {
          lost.push(`${framing}: ${reason}`);
          this.#opened.reject(new Error(reason));
          this.#waiting?.reject(new Error(`connection lost: ${reason}`));
        },
      },
    );
  }

  get sequenceFaults(): number {
    return this.#sequence.faults - this.#faultsBefore;
  }

  #control(message: Answer): void {
    if (this.#waiting !== null) this.#waiting.resolve(message);
    else if (notices.length < KEPT_NOTICES) notices.push(JSON.stringify(message).slice(0, 300));
  }

  /** @throws Error when the answer is none of success, or there is none in time */
  async #ask(request: ClientRequest): Promise<void> {
    const waiting = Promise.withResolvers<Answer>();
    this.#waiting = waiting;
    const late = () => waiting.reject(new Error(`no answer within ${ANSWER_TIMEOUT_MS} ms`));
    const timer = setTimeout(late, ANSWER_TIMEOUT_MS);
    this.#client.send(request);
    try {
      const answer = await waiting.promise;
      if (answer.status !== 'success') throw new Error(`refused: ${JSON.stringify(answer).slice(0, 500)}`);
    } finally {
      clearTimeout(timer);
      this.#waiting = null;
    }
  }

  async join(framing: string, { apiKey, exchange, symbols }: HealthyOptions): Promise<void> {
    await this.#opened.promise;
    await this.#ask({ action: 'authenticate', api_key: apiKey, framing, features: ['sequence'] });
    for (let i = 0; i < symbols.length; i += SYMBOLS_PER_REQUEST) {
      const batch = symbols.slice(i, i + SYMBOLS_PER_REQUEST).map((symbol) => ({ symbol, exchange }));
      await this.#ask({ action: 'subscribe', symbols: batch, mode: QUOTE });
    }
  }

  begin(): void {
    this.received = 0;
    this.checksum = 0;
    this.#faultsBefore = this.#sequence.faults;
  }

  close(): void {
    this.#client.close();
  }
}

/** In place of those that there are. */
async function connect(options: HealthyOptions): Promise<void> {
  for (const client of clients) client.close();
  lost.length = 0;
  clients = FRAMINGS.map((framing) => new HealthyClient(options.url, framing, options.symbols.length));
  for (const [i, client] of clients.entries()) await client.join(FRAMINGS[i]!, options);
}

/** @param measureFromUs latencies of ticks that were due earlier are not recorded */
function begin(measureFromUs: number): void {
  fromUs = measureFromUs;
  latency.reset();
  notices.length = 0;
  for (const client of clients) client.begin();
}

const received = () => clients.reduce((sum, client) => sum + client.received, 0);

function result(): HealthyResult {
  return {
    received: received(),
    checksums: clients.map(({ checksum }) => checksum),
    sequenceFaults: clients.reduce((sum, { sequenceFaults }) => sum + sequenceFaults, 0),
    notices,
    lost,
    latency: latency.summary(),
  };
}

const handlers = {
  connect,
  begin,
  received: (_: null) => received(),
  result: (_: null) => result(),
};
export type HealthyClients = typeof handlers;
serveParent(handlers);
