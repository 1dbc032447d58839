/** The control plane's count of who needs what, when messages of readers cross one another. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type Instrument, MODE } from '../../src/codec/tick.ts';
import {
  type Refusal,
  SubscriptionRegistry,
  type Upstream,
  type UpstreamChange,
} from '../../src/main/subscriptions/subscription-registry.ts';
import { RELIANCE } from '../support/sample-tick.ts';

const READER = 1;

/** A place for one instrument, which takes changes only of what was claimed, as a connection does. */
class OnePlace implements Upstream {
  owner: number | null = null;
  readonly changes: UpstreamChange[] = [];

  claim({ slot }: Instrument): Refusal | null {
    this.owner ??= slot;
    return this.owner === slot ? null : { code: 'FULL', message: 'full' };
  }

  apply(changes: readonly UpstreamChange[]): void {
    for (const change of changes) {
      assert.equal(change.instrument.slot, this.owner, 'applied without a claim');
      if (change.mode === 0) this.owner = null;
      this.changes.push(change);
    }
  }
}

test('an instrument that a reader gave back and names again gets its ticks again, and the engine lives', () => {
  const registry = new SubscriptionRegistry();
  const upstream = new OnePlace();
  upstream.claim(RELIANCE);
  registry.add({ reader: READER, id: 5 }, [{ instrument: RELIANCE, mode: MODE.LTP }], upstream);
  registry.set(READER, [{ slot: RELIANCE.slot, modes: 0 }], 5);
  registry.set(READER, [{ slot: RELIANCE.slot, modes: 1 << MODE.LTP }], 6);
  assert.deepEqual(
    upstream.changes.map(({ mode }) => mode),
    [MODE.LTP, 0, MODE.LTP],
  );
});

test('an instrument that is named again when its place is taken does not push the other one out', () => {
  const registry = new SubscriptionRegistry();
  const upstream = new OnePlace();
  const other = { ...RELIANCE, slot: RELIANCE.slot + 1 };
  upstream.claim(RELIANCE);
  registry.add({ reader: READER, id: 5 }, [{ instrument: RELIANCE, mode: MODE.LTP }], upstream);
  registry.set(READER, [{ slot: RELIANCE.slot, modes: 0 }], 5);
  upstream.claim(other);
  registry.add({ reader: READER, id: 6 }, [{ instrument: other, mode: MODE.LTP }], upstream);
  registry.set(READER, [{ slot: RELIANCE.slot, modes: 1 << MODE.LTP }], 6);
  assert.equal(upstream.owner, other.slot);
  assert.equal(registry.active, 1);
});
