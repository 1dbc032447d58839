/**
 * The network between a proxy and a feed host, as a test wants it: it forwards, stands still, is cut, or loses single
 * messages. It has an address of its own; the control socket lies beside it, as that of a feed host does.
 */
import type { TestContext } from 'node:test';
import { adjacentPorts } from './adjacent-ports.ts';
import { NetworkGate } from './network-gate.ts';
import { ZmtpFilter } from './zmtp-filter.ts';

export class BusRelay {
  /** For `--feeds` of a proxy. */
  readonly endpoint: string;
  readonly bus: NetworkGate;
  readonly control: NetworkGate;
  /** Topics of the messages that were lost. */
  readonly dropped: string[] = [];
  /** Which messages are lost on their way to the proxy. Asked once for each. */
  drops: (topic: string) => boolean = () => false;

  private constructor(port: number, bus: NetworkGate, control: NetworkGate) {
    this.endpoint = `tcp://127.0.0.1:${port}`;
    this.bus = bus;
    this.control = control;
    bus.holdsCloses = true;
    control.holdsCloses = true;
    bus.createFilter = () => {
      const filter = new ZmtpFilter((topic) => {
        if (!this.drops(topic)) return false;
        this.dropped.push(topic);
        return true;
      });
      return (bytes) => filter.push(bytes);
    };
  }

  /** @param target port of the feed host's bus */
  static async listen(t: Pick<TestContext, 'after'>, target: number): Promise<BusRelay> {
    const port = await adjacentPorts();
    const bus = await NetworkGate.listen(t, port);
    const control = await NetworkGate.listen(t, port + 1);
    bus.target = target;
    control.target = target + 1;
    return new BusRelay(port, bus, control);
  }

  /** While it stands still, connections stay open, new ones are accepted, and nothing passes, the end of one included. */
  hold(held: boolean): void {
    this.bus.hold(held);
    this.control.hold(held);
  }

  /** Resets every connection, and refuses others until `restore`. */
  cut(): void {
    for (const gate of [this.bus, this.control]) {
      gate.refuses = true;
      gate.reset();
    }
  }

  restore(): void {
    for (const gate of [this.bus, this.control]) gate.refuses = false;
    this.hold(false);
  }
}
