/**
 * A healthy client in a thread of its own, so that what else the test does is not part of what it measures: the time from
 * the receipt of a tick in the engine to its arrival here.
 */
import { parentPort, workerData } from 'node:worker_threads';
import { WebSocket } from 'ws';

export interface LatencyClientTask {
  readonly url: string;
  readonly key: string;
  readonly symbols: readonly string[];
}

/** `begin` forgets what was measured, `end` asks for it, `leave` ends the thread. */
export type ToLatencyClient = 'begin' | 'end' | 'leave';

export type FromLatencyClient =
  | { readonly type: 'subscribed' }
  | {
      readonly type: 'measured';
      readonly ticks: number;
      readonly p50Us: number;
      readonly p99Us: number;
      /** Notices of lost ticks. */
      readonly gaps: number;
    };

const STAMP = '"receive_time": ';
const STAMP_DIGITS = 19;
const NS_DIGITS = 3;

const port = parentPort!;
const { url, key, symbols } = workerData as LatencyClientTask;
const socket = new WebSocket(url, { perMessageDeflate: false });
let latenciesUs: number[] = [];
let gaps = 0;

function post(message: FromLatencyClient): void {
  port.postMessage(message);
}

socket.on('open', () => {
  socket.send(JSON.stringify({ action: 'authenticate', api_key: key, features: ['stamps', 'sequence'] }));
  const entries = symbols.map((symbol) => ({ symbol, exchange: 'NSE' }));
  socket.send(JSON.stringify({ action: 'subscribe', symbols: entries, mode: 1 }));
});
socket.on('message', (data: Buffer) => {
  const text = data.toString('latin1');
  const at = text.indexOf(STAMP);
  if (at < 0) {
    if (text.includes('"type": "gap"')) gaps++;
    if (text.includes('"subscriptions"')) post({ type: 'subscribed' });
    return;
  }
  const begin = at + STAMP.length;
  const receivedUs = Number(text.slice(begin, begin + STAMP_DIGITS - NS_DIGITS));
  latenciesUs.push((performance.timeOrigin + performance.now()) * 1000 - receivedUs);
});
socket.on('error', () => undefined);

port.on('message', (message: ToLatencyClient) => {
  if (message === 'begin') {
    latenciesUs = [];
    gaps = 0;
  }
  if (message === 'end') {
    const sorted = Float64Array.from(latenciesUs).sort();
    const at = (part: number) => sorted[Math.floor(sorted.length * part)] ?? 0;
    post({ type: 'measured', ticks: sorted.length, p50Us: at(0.5), p99Us: at(0.99), gaps });
  }
  if (message === 'leave') {
    socket.terminate();
    port.close();
  }
});
