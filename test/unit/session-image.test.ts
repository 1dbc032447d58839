/** What is kept of a client that is away says exactly what it held and had. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { MODE, type Mode } from '../../src/codec/tick.ts';
import type { ClientSession } from '../../src/workers/proxy/connection/client-session.ts';
import {
  absences,
  packImage,
  restoredWish,
  takeDown,
  unpackSession,
} from '../../src/workers/proxy/sessions/session-image.ts';
import { PLAIN_TERMS } from '../../src/workers/proxy/slow/delivery-terms.ts';
import type { SlowState } from '../../src/workers/proxy/slow/slow-state.ts';
import { type Stream, SubscriptionIndex } from '../../src/workers/proxy/subscriptions/subscription-index.ts';
import { RELIANCE } from '../support/sample-tick.ts';

const FOREIGN = { ...RELIANCE, slot: 1, token: '' };
const NAME = 'NSE\0RELIANCE';
const PARTING = { orders: true, isBroken: false };

/** A client that holds the broker's ticks in two modes, and those of a foreign publisher in one. */
function scene() {
  const index = new SubscriptionIndex();
  const add = (instrument: typeof RELIANCE, view: Mode, depthLevel = 5): readonly [Mode, Stream] => {
    const form = {
      view,
      framing: 'json',
      features: 0,
      dialect: 'openalgo',
      depthLevel,
      servedLevel: depthLevel,
    } as const;
    return [view, index.add(instrument, form)];
  };
  const own = new Map([add(RELIANCE, MODE.QUOTE), add(RELIANCE, MODE.DEEP_DEPTH, 20)]);
  const foreign = new Map([add(FOREIGN, MODE.QUOTE)]);
  Object.assign(index.get(0)!.base, { epoch: 7, seq: 50 });
  Object.assign(index.get(0)!.deep, { epoch: 7, seq: 9 });
  Object.assign(index.get(1)!.base, { epoch: 8, seq: 3 });
  const holdings = new Map([
    [
      NAME,
      [
        { instrument: RELIANCE, streams: own },
        { instrument: FOREIGN, streams: foreign },
      ],
    ],
  ]);
  return { index, holdings, own, foreign };
}

test('modes, levels, terms and places come back as they were, each name once', () => {
  const { index, holdings, own, foreign } = scene();
  const terms = { ...PLAIN_TERMS, maxRate: 2 };
  const quotes = [own, foreign].map((streams) => [streams.get(MODE.QUOTE)!, terms] as const);
  const client: Partial<SlowState['client']> = { waitsFrom: () => null };
  const slow: Partial<SlowState> = {
    client: client as SlowState['client'],
    terms: new Map(quotes),
  };
  const session = {
    holdings,
    joining: new Set<never>(),
    slow: slow as SlowState,
  } satisfies Partial<ClientSession>;
  const parked = unpackSession(
    packImage(takeDown(session, { strictDepths: new Set([NAME]) }, index, PARTING)),
  );
  const place = (epoch: number, seq: number) => ({ epoch, seq });
  const wishes = [
    { mode: MODE.QUOTE, depthLevel: 5, depthFallback: true, terms: PLAIN_TERMS },
    { mode: MODE.DEEP_DEPTH, depthLevel: 20, depthFallback: false, terms: PLAIN_TERMS },
  ];
  assert.deepEqual(parked, {
    instruments: [
      {
        exchange: 'NSE',
        symbol: 'RELIANCE',
        wishes: [{ ...wishes[0], terms }, wishes[1]],
        own: { base: place(7, 50), deep: place(7, 9) },
        foreign: { base: place(8, 3), deep: place(0, 0) },
      },
    ],
    ...PARTING,
  });
  const absenceFrom = absences(parked);
  assert.equal(absenceFrom({ ...RELIANCE, slot: 17 })?.past.base.seq, 50, 'slots may be others by then');
  assert.equal(absenceFrom(FOREIGN)?.past.base.seq, 3);
  assert.equal(absenceFrom({ ...RELIANCE, symbol: 'INFY' }), null);
});

test('ticks that waited for a conflated client count as missed', () => {
  const { index, holdings, own } = scene();
  const waiting = own.get(MODE.QUOTE)!;
  const client: Partial<SlowState['client']> = {
    waitsFrom: (stream) => (stream === waiting ? { epoch: 7, seq: 41 } : null),
  };
  const slow: Partial<SlowState> = { client: client as SlowState['client'], terms: new Map() };
  const session = { holdings, joining: new Set<never>(), slow: slow as SlowState };
  const parked = unpackSession(packImage(takeDown(session, { strictDepths: new Set() }, index, PARTING)));
  const { own: past } = parked.instruments[0]!;
  assert.deepEqual(past, { base: { epoch: 7, seq: 40 }, deep: { epoch: 7, seq: 9 } });
});

test('depth comes back as depth in the other dialect, whose modes have other numbers', () => {
  const wish = { mode: MODE.DEPTH, depthLevel: 5, depthFallback: true, terms: PLAIN_TERMS };
  assert.equal(restoredWish(wish, 'openalgo').mode, MODE.DEPTH);
  const { mode, depthLevel, isDesign } = restoredWish(wish, 'design');
  assert.deepEqual([mode, depthLevel, isDesign], [MODE.DEEP_DEPTH, 5, true]);
});
