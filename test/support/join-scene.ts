/**
 * A market that writes while clients join: a real ring and last-value table, the proxy's own reader of them, and clients
 * that keep what they are sent. The writer goes on within every look that the reader takes at the shared memory, at a
 * rhythm that the test chooses, and also between the two halves of a tick, its last value and its record.
 */
import { FEATURE } from '../../src/codec/framing.ts';
import { FLAG, type Instrument, MODE, type Mode } from '../../src/codec/tick.ts';
import { WORD, writeInt64 } from '../../src/codec/tick-message.ts';
import { Broadcaster } from '../../src/workers/proxy/broadcaster.ts';
import { holdingKey } from '../../src/workers/proxy/connection/client-session.ts';
import {
  absences,
  packImage,
  takeDown,
  unpackSession,
} from '../../src/workers/proxy/sessions/session-image.ts';
import { joinBehindLast } from '../../src/workers/proxy/subscriptions/join-behind-last.ts';
import { SnapshotJoin } from '../../src/workers/proxy/subscriptions/snapshot-join.ts';
import { type Stream, SubscriptionIndex } from '../../src/workers/proxy/subscriptions/subscription-index.ts';
import { KIND, LastValueTable } from '../../src/workers/ring/last-value-table.ts';
import { createRing } from '../../src/workers/ring/ring-layout.ts';
import { RingTickSource } from '../../src/workers/ring/ring-tick-source.ts';
import { RingWriter } from '../../src/workers/ring/ring-writer.ts';
import type { TickHandler, TickSource } from '../../src/workers/tick-source.ts';
import { RELIANCE, sampleTick } from './sample-tick.ts';
import type { Message } from './test-client.ts';

/** So small that a burst laps the reader. */
const RING_BYTES = 16_384;
const LEVELS = 20;
/** Of the deep overlay, which has its own count: epochs of its own tell its gaps from the others. */
const DEEP_EPOCHS = 1000;
export const INSTRUMENTS = ['A', 'B'].map((symbol, slot): Instrument => ({ ...RELIANCE, slot, symbol }));

/** A tick that was written. */
export interface Written {
  readonly slot: number;
  readonly mode: Mode;
  readonly epoch: number;
  readonly seq: number;
  /** False while it is in the last-value table alone, and for ever when its writer was killed then. */
  isCommitted: boolean;
}

interface Tick {
  readonly slot: number;
  readonly mode: Mode;
}

export type MarketAction =
  | ({ readonly do: 'tick' } & Tick)
  | { readonly do: 'outage' }
  | { readonly do: 'restart' };

/** What is written, over and over, and how many steps of it within each look of the reader. */
export interface Script {
  readonly actions: readonly MarketAction[];
  readonly rhythm: readonly number[];
}

/** One connection. */
export class JoinClient {
  readonly instrument: Instrument;
  readonly features: number;
  readonly received: Message[] = [];
  readonly streams = new Map<Mode, Stream>();
  /** Ticks that had been written when it had joined. */
  joinedAt = 0;

  constructor(instrument: Instrument, features: number) {
    this.instrument = instrument;
    this.features = features;
  }

  send(message: unknown): void {
    this.received.push(message as Message);
  }

  sendBytes(bytes: Uint8Array | string): void {
    this.received.push(JSON.parse(Buffer.from(bytes as Uint8Array).toString()));
  }

  cork(send: () => void): void {
    send();
  }

  push(): void {}
}

export class JoinScene {
  readonly written: Written[] = [];
  readonly #script: Script;
  readonly #ring = createRing(RING_BYTES);
  readonly #table: LastValueTable;
  readonly #source: TickSource;
  readonly #index = new SubscriptionIndex();
  readonly #broadcaster: Broadcaster;
  readonly #snapshots: SnapshotJoin;
  readonly #topics = new Map<string, Set<JoinClient>>();
  readonly #seqs = new Map<string, number>();
  /** Instruments, base or deep, whose next tick comes after an outage. */
  readonly #interrupted = new Set<string>();
  #writer: RingWriter;
  #epoch = 1;
  #halfWritten: { readonly words: Int32Array; readonly tick: Written } | null = null;
  #nextAction = 0;
  #nextBeat = 0;
  /** The market stands still. */
  isClosed = false;

  constructor(script: Script) {
    this.#script = script;
    const lastValues = LastValueTable.create(INSTRUMENTS.length);
    this.#table = new LastValueTable(lastValues);
    this.#writer = new RingWriter(this.#ring, this.#epoch);
    this.#source = this.#interleaved(new RingTickSource([{ feed: 0, ring: this.#ring }], lastValues));
    const app = {
      publish: (topic: string, bytes: unknown) => {
        for (const client of this.#topics.get(topic) ?? []) client.sendBytes(bytes as Uint8Array);
        return true;
      },
    };
    this.#broadcaster = new Broadcaster(
      app as ConstructorParameters<typeof Broadcaster>[0],
      this.#index,
      this.#source,
    );
    this.#snapshots = new SnapshotJoin(this.#source, this.#broadcaster);
  }

  /** The reader was lapped: what it missed it has from the last values alone. */
  get isLapped(): boolean {
    return this.#source.lost > 0;
  }

  /** Whether the table has a last value of an instrument. */
  hasLast(slot: number, isDeep: boolean): boolean {
    return this.#table.has(slot, isDeep ? KIND.DEEP : KIND.BASE);
  }

  /** Half a tick, or what else comes next in the script. */
  step(): void {
    if (this.isClosed && this.#halfWritten === null) return;
    const { actions } = this.#script;
    const action = actions[this.#nextAction % actions.length]!;
    // A writer may be killed between the halves; everything else waits for the second.
    if (this.#halfWritten !== null && action.do !== 'restart') {
      this.#commit(this.#halfWritten);
      return;
    }
    this.#nextAction++;
    if (action.do === 'restart') this.#restart();
    else if (action.do === 'outage') this.#interrupt();
    else this.#begin(action);
  }

  /** The reader's turn. */
  pump(limit = 512): number {
    return this.#broadcaster.drain(limit);
  }

  /** Everything that is under way arrives. */
  settle(): void {
    this.isClosed = true;
    this.step();
    while (this.pump() > 0);
  }

  /** A client that subscribes in several modes, with what a former one held if there is one. */
  join(slot: number, views: readonly Mode[], features: number, image: Uint8Array | null): JoinClient {
    const client = new JoinClient(INSTRUMENTS[slot]!, features | FEATURE.SEQUENCE);
    const { instrument } = client;
    for (const view of views) {
      const stream = this.#index.add(instrument, {
        view,
        framing: 'json',
        features: client.features,
        dialect: 'openalgo',
        depthLevel: view === MODE.DEEP_DEPTH ? LEVELS : 5,
        servedLevel: view === MODE.DEEP_DEPTH ? LEVELS : 5,
      });
      client.streams.set(view, stream);
    }
    const streams = this.#index.get(slot)!;
    streams.gapSubscribers.json++;
    const absence = image === null ? null : absences(unpackSession(image))(instrument);
    const joining = { client, streams, taken: [...client.streams.values()], absence };
    joinBehindLast(joining, this.#snapshots, this.#index, (stream) => {
      this.#topic(stream.topic).add(client);
      this.#topic(streams.gapTopic('json')).add(client);
      this.#index.topics.add(stream, client);
    });
    client.joinedAt = this.written.length;
    return client;
  }

  /** @returns what the client's session keeps */
  leave(client: JoinClient): Uint8Array {
    const { instrument, streams } = client;
    const holdings = new Map([
      [holdingKey(instrument.exchange, instrument.symbol), [{ instrument, streams }]],
    ]);
    const parting = { orders: false, isBroken: false };
    const image = packImage(
      takeDown(
        { holdings, joining: new Set(), slow: null },
        { strictDepths: new Set() },
        this.#index,
        parting,
      ),
    );
    const { gapSubscribers } = this.#index.get(instrument.slot)!;
    gapSubscribers.json--;
    for (const stream of streams.values()) {
      this.#index.topics.remove(stream, client);
      this.#index.remove(stream);
    }
    for (const members of this.#topics.values()) members.delete(client);
    return image;
  }

  #topic(name: string): Set<JoinClient> {
    const members = this.#topics.get(name) ?? new Set();
    this.#topics.set(name, members);
    return members;
  }

  #interleaved(source: RingTickSource): TickSource {
    return {
      drain: (handler, limit) => {
        this.#beat();
        const between: TickHandler = (...tick) => {
          handler(...tick);
          this.#beat();
        };
        return source.drain(between, limit);
      },
      hasTicks: () => source.hasTicks(),
      isLastValue: source.isLastValue,
      readLast: (slot, deep, into) => {
        this.#beat();
        return source.readLast(slot, deep, into);
      },
      get lost() {
        return source.lost;
      },
      takeLoss: () => source.takeLoss(),
    };
  }

  #beat(): void {
    const { rhythm } = this.#script;
    for (let steps = rhythm[this.#nextBeat++ % rhythm.length]!; steps > 0; steps--) this.step();
  }

  #begin({ slot, mode }: Tick): void {
    const isDeep = mode === MODE.DEEP_DEPTH;
    const name = `${slot}/${isDeep}`;
    const seq = (this.#seqs.get(name) ?? 0) + 1;
    this.#seqs.set(name, seq);
    const epoch = this.#epoch + (isDeep ? DEEP_EPOCHS : 0);
    const { words } = sampleTick(mode, INSTRUMENTS[slot]!, isDeep ? LEVELS : undefined);
    writeInt64(words, WORD.EPOCH, epoch);
    writeInt64(words, WORD.SEQ, seq);
    words[WORD.FLAGS] = this.#interrupted.delete(name) ? FLAG.GAP_BEFORE : 0;
    this.#table.write(slot, isDeep ? KIND.DEEP : KIND.BASE, words, words.length);
    const tick = { slot, mode, epoch, seq, isCommitted: false };
    this.written.push(tick);
    this.#halfWritten = { words, tick };
  }

  #commit({ words, tick }: { readonly words: Int32Array; readonly tick: Written }): void {
    this.#writer.write(words, words.length);
    tick.isCommitted = true;
    this.#halfWritten = null;
  }

  #interrupt(): void {
    for (const { slot } of INSTRUMENTS) {
      this.#table.clear(slot);
      for (const isDeep of [false, true]) this.#interrupted.add(`${slot}/${isDeep}`);
    }
  }

  /** The writer is killed, and another one goes on. */
  #restart(): void {
    this.#halfWritten = null;
    this.#epoch++;
    this.#writer = new RingWriter(this.#ring, this.#epoch);
    this.#seqs.clear();
    this.#interrupted.clear();
    for (const { slot } of INSTRUMENTS) this.#table.clear(slot);
  }
}
