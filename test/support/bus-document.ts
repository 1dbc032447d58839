/** BUS.md as a test reads it. */
import { ExampleDocument } from './example-document.ts';

/** An event's argument is its topic. */
export class BusDocument extends ExampleDocument<'command' | 'event' | 'request' | 'answer'> {
  constructor() {
    super('BUS.md', { command: 'sh', event: 'json', request: 'json', answer: 'json' });
  }

  /** The messages of all blocks of a kind, in their order. */
  messages(kind: 'command' | 'event' | 'request' | 'answer'): string[] {
    return this.blocks.filter((block) => block.kind === kind).flatMap(({ messages }) => messages);
  }
}
