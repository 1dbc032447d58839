/** What clients have seen of a fault when it is over, as `fault-scene.ts` requires it. */
import assert from 'node:assert/strict';
import type { Message, TestClient } from './test-client.ts';
import { until } from './until.ts';

/** What a client was told of an instrument, each status once however often it was repeated. */
export function toldStatuses(client: TestClient, symbol: string): Message[] {
  const all = client.received
    .map(({ message }) => message)
    .filter(({ type, instruments }) => type === 'feed_status' && symbolsOf(instruments).includes(symbol));
  return all.filter(({ status }, i) => i === 0 || status !== all[i - 1]!.status);
}

/**
 * The right statuses in the right order, each with the time when it began.
 *
 * @param expected `?` behind one that may have been too short to be told
 * @param startedAt ms since 1970, before the fault
 */
export function assertStatuses(
  client: TestClient,
  symbol: string,
  expected: readonly string[],
  startedAt: number,
): void {
  const pattern = new RegExp(`^${expected.map((each) => `(${each.replace(/\??$/, ' )$&')}`).join('')}$`);
  const told = toldStatuses(client, symbol);
  assert.match(told.map(({ status }) => `${status} `).join(''), pattern, symbol);
  const times = told.map(({ since }) => Number(since));
  assert.deepEqual(times, times.toSorted(), `${symbol}: ${JSON.stringify(told)}`);
  assert.ok(times.at(-1)! <= Date.now());
  const first = told.findIndex(({ status }) => status === 'live');
  for (const { since, status } of told.slice(first + 1)) {
    assert.ok(Number(since) >= startedAt, `${symbol} is ${status} since ${since}, not since ${startedAt}`);
  }
  for (const { broker, reason } of told) {
    assert.equal(broker, 'angel');
    assert.ok(typeof reason === 'string' && reason !== '');
  }
}

/**
 * Sequence numbers rise by one, also over a gap, which is told by a message in between; no tick comes twice but behind a
 * gap.
 */
export function assertSequence(client: TestClient, symbol: string, outages: number): void {
  let last: Message | undefined;
  let gap: Message | undefined;
  let gaps = 0;
  for (const { message } of client.received) {
    if (message.symbol !== symbol) continue;
    if (message.type === 'gap') {
      gaps++;
      gap = message;
      assert.equal(message.reason, 'outage');
      assert.equal(message.last_seq, last?.seq);
    }
    if (message.type !== 'market_data') continue;
    if (last !== undefined) {
      assert.equal(message.epoch, last.epoch, `${symbol}: the epoch`);
      assert.equal(message.seq, Number(last.seq) + 1, `${symbol}: the tick behind ${last.seq}`);
      if (gap === undefined) assert.notEqual(exchangeSeq(message), exchangeSeq(last), `${symbol} came twice`);
      else assert.equal(gap.next_seq, message.seq);
    }
    last = message;
    gap = undefined;
  }
  assert.equal(gaps, outages, `${symbol}: one gap message per outage`);
}

/** A client that chose nothing gets its answers, and each tick in each of its modes, 1 to 3. */
export async function assertPlainSawNothing(client: TestClient): Promise<void> {
  const types = new Set(client.received.map(({ message }) => message.type));
  assert.deepEqual([...types].sort(), ['auth', 'market_data', 'subscribe']);
  await until('the same ticks in each mode', () => {
    const counts = [1, 2, 3].map((mode) => ticksOfMode(client, mode));
    return new Set(counts).size === 1;
  });
}

export function ticksOfMode(client: TestClient, mode: number): number {
  return client.ticks().filter((tick) => tick.mode === mode).length;
}

function symbolsOf(instruments: unknown): string[] {
  return (instruments as readonly { readonly symbol: string }[]).map(({ symbol }) => symbol);
}

function exchangeSeq({ stamps }: Message): unknown {
  return (stamps as Record<string, unknown>).exchange_seq;
}
