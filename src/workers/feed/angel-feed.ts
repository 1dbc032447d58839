/**
 * The feed handler of Angel One: the way of a frame through decoder and normaliser into the tick writer, and what Angel
 * says as text. Feed worker thread.
 */
import { ANOMALY, AngelFrame, DECODED, decodeFrame, REJECT_NAMES } from '../../codec/angel/frame-decoder.ts';
import { angelPriceDecimals } from '../../codec/angel/frame-layout.ts';
import { angelHandshakeHeaders } from '../../codec/angel/handshake-headers.ts';
import { normalise, normaliseDeepDepth, tickModeOf } from '../../codec/angel/normaliser.ts';
import { HEARTBEAT_TEXT } from '../../codec/angel/request-encoder.ts';
import { parseServerText } from '../../codec/angel/server-text.ts';
import { DEEP_DEPTH_LEVELS, MODE, type Mode } from '../../codec/tick.ts';
import { type TickTemplate, WORD } from '../../codec/tick-message.ts';
import type { EpochClock } from '../epoch-clock.ts';
import type { FeedTask, UpstreamWish } from '../worker-messages.ts';
import { AngelSubscriptions, type TokenEntry } from './angel-subscriptions.ts';
import { FeedHandler, type Report } from './feed-handler.ts';
import { InstrumentFeed, type TickWriter } from './tick-writer.ts';

const ANOMALY_NAMES = Object.entries(ANOMALY).map(
  ([name, bit]) => [`anomaly_${name.toLowerCase()}`, bit] as const,
);

export class AngelFeed extends FeedHandler {
  readonly #frame = new AngelFrame();
  readonly #subscriptions: AngelSubscriptions;
  readonly #writer: TickWriter;
  readonly #clock: EpochClock;
  readonly #receiveTime = new Int32Array(2);
  /** Many frames lie in one buffer of the socket, so the view over it is made once for all of them. */
  #view: DataView = new DataView(new ArrayBuffer(0));
  readonly #counts = { frames: 0, unknownToken: 0, superseded: 0, unknownText: 0, requestErrors: 0 };
  readonly #rejects: number[] = Object.keys(REJECT_NAMES).map(() => 0);
  readonly #anomalies: number[] = ANOMALY_NAMES.map(() => 0);

  constructor(task: FeedTask, writer: TickWriter, clock: EpochClock, report: Report) {
    super(task.url, task.credentials, task.options, report);
    this.#writer = writer;
    this.#clock = clock;
    this.#subscriptions = new AngelSubscriptions(
      task.options.chunkTokens,
      (instrument, epoch) => {
        const feed = new InstrumentFeed(instrument, angelPriceDecimals(instrument.segment), epoch);
        // What a killed predecessor left there.
        writer.forget(feed);
        return feed;
      },
      (feed, isWhole) => (isWhole ? writer.forget(feed) : writer.forgetDeep(feed)),
    );
  }

  protected handshake(url: string) {
    return { url, headers: angelHandshakeHeaders(this.credentials) };
  }

  protected sendHeartbeat(send: (data: string) => void): void {
    send(HEARTBEAT_TEXT);
  }

  protected allSubscribeRequests(): readonly string[] {
    return this.#subscriptions.all();
  }

  subscribe(wishes: readonly UpstreamWish[], epoch: number): void {
    this.send(this.#subscriptions.subscribe(wishes, epoch));
  }

  unsubscribe(wishes: readonly UpstreamWish[]): void {
    this.send(this.#subscriptions.unsubscribe(wishes));
  }

  protected onOutage(): void {
    for (const entry of this.#subscriptions.entries()) {
      for (const feed of entry.feeds) {
        feed.gapBefore = feed.seq > 0;
        feed.deepGapBefore = feed.deepSeq > 0;
        feed.wishedSeen = false;
        this.#writer.forget(feed);
      }
    }
  }

  protected onText(text: string): void {
    const message = parseServerText(text);
    if (message.kind === 'error') {
      this.#counts.requestErrors++;
      const { code, message: detail, correlationId } = message;
      this.report({ type: 'requestError', code, message: detail, correlationId });
    } else if (message.kind === 'unknown') {
      this.#counts.unknownText++;
    }
  }

  /** Hot path, feed worker thread; allocates one view per socket read, does not throw. */
  protected onFrame(frame: Buffer): void {
    this.#clock.stamp(this.#receiveTime, 0);
    this.#counts.frames++;
    if (this.#view.buffer !== frame.buffer) this.#view = new DataView(frame.buffer);
    const decoded = this.#frame;
    const result = decodeFrame(this.#view, frame.byteOffset, frame.length, decoded);
    if (result !== DECODED) {
      this.#rejects[result - 1]!++;
      return;
    }
    if (decoded.anomalies !== 0) this.#countAnomalies(decoded.anomalies);
    const entry = this.#subscriptions.index.find(decoded);
    if (entry === undefined) {
      this.#counts.unknownToken++;
      return;
    }
    this.#publish(entry, tickModeOf(decoded.mode));
  }

  #publish(entry: TokenEntry, mode: Mode): void {
    for (let i = 0; i < entry.feeds.length; i++) {
      const feed = entry.feeds[i]!;
      if (mode === MODE.DEEP_DEPTH) {
        if (!feed.deep) continue;
        const template = feed.template(mode, DEEP_DEPTH_LEVELS);
        this.#write(feed, template, normaliseDeepDepth(this.#frame, template, feed.latest));
        continue;
      }
      if (feed.wished === 0) continue;
      // During a change of mode both modes come. The lower one has nothing new once the wished one has been seen, and
      // its sequence number would look like a gap to a client of the higher mode.
      if (mode >= feed.wished) feed.wishedSeen = true;
      else if (feed.wishedSeen) {
        this.#counts.superseded++;
        continue;
      }
      const template = feed.template(mode);
      this.#write(feed, template, normalise(this.#frame, template));
    }
  }

  #write(feed: InstrumentFeed, template: TickTemplate, flags: number): void {
    template.words[WORD.RECEIVE_TIME_NS] = this.#receiveTime[0]!;
    template.words[WORD.RECEIVE_TIME_NS + 1] = this.#receiveTime[1]!;
    this.#writer.publish(feed, template, flags);
  }

  #countAnomalies(bits: number): void {
    for (let i = 0; i < ANOMALY_NAMES.length; i++) {
      if ((bits & ANOMALY_NAMES[i]![1]) !== 0) this.#anomalies[i]!++;
    }
  }

  counters(): Record<string, number> {
    const counters: Record<string, number> = {
      ...this.#counts,
      ticks: this.#writer.ticks,
      reconnects: this.reconnects,
    };
    for (const [result, name] of Object.entries(REJECT_NAMES)) {
      counters[`reject_${name}`] = this.#rejects[Number(result) - 1]!;
    }
    ANOMALY_NAMES.forEach(([name], i) => {
      counters[name] = this.#anomalies[i]!;
    });
    return counters;
  }
}
