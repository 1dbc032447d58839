/** PROTOCOL.md as a test reads it. */
import { type ExampleBlock, ExampleDocument } from './example-document.ts';

export type BlockKind = 'connection' | 'request' | 'answer' | 'order' | 'tick' | 'gap' | 'receipt' | 'status';
export type DocumentBlock = ExampleBlock<BlockKind>;

/** A connection's message is its address. */
export class ProtocolDocument extends ExampleDocument<BlockKind> {
  constructor() {
    super('PROTOCOL.md', {
      connection: 'text',
      request: 'json',
      answer: 'json',
      order: 'json',
      tick: 'json',
      gap: 'json',
      receipt: 'json',
      status: 'json',
    });
  }
}
