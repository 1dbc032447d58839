/** Whether what a client read of its ticks, with receipts, stands for every tick there was. */
import assert from 'node:assert/strict';

type Read = Readonly<Record<string, unknown>>;

export interface ConflatedTicks {
  /** By `exchange:symbol/mode`: sequence number of the last tick. */
  readonly last: ReadonlyMap<string, number>;
  /** Ticks that were sent, and those that stood in receipts beside them. */
  readonly sent: number;
  readonly merged: number;
}

/**
 * Goes through the messages of a client with `sequence` and `receipts`: each tick follows the one before by as many as its
 * receipt says, and the receipt comes right before it.
 */
export function addUpTicks(messages: Iterable<Read>): ConflatedTicks {
  const last = new Map<string, number>();
  let sent = 0;
  let merged = 0;
  let receipt: Read | null = null;
  for (const message of messages) {
    if (message.type === 'receipt') {
      assert.equal(receipt, null, 'two receipts without a tick between them');
      receipt = message;
      continue;
    }
    if (message.type !== 'market_data') continue;
    const name = `${message.exchange}:${message.symbol}/${message.mode}`;
    const seq = Number(message.seq);
    const before = last.get(name);
    if (receipt === null) {
      if (before !== undefined) assert.equal(seq, before + 1, name);
    } else {
      assert.equal(`${receipt.exchange}:${receipt.symbol}/${receipt.mode}`, name);
      assert.equal(receipt.last_seq, seq, name);
      assert.equal(Number(receipt.first_seq) + Number(receipt.merged) - 1, seq, name);
      if (before !== undefined) assert.equal(receipt.first_seq, before + 1, name);
      merged += Number(receipt.merged) - 1;
    }
    receipt = null;
    last.set(name, seq);
    sent++;
  }
  assert.equal(receipt, null, 'a receipt without its tick');
  return { last, sent, merged };
}
