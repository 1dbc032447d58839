/** What keeps the limits of clients in a proxy worker, put together. Each part says in its head what it does. */
import type { AdmissionTask, ClientLimits } from '../../admission-messages.ts';
import type { SubscriptionIndex } from '../subscriptions/subscription-index.ts';
import { Admission, type AdmissionOptions } from './admission.ts';
import { InboundBudget, OutboundBudget } from './byte-budgets.ts';
import { ClientAddresses } from './client-address.ts';
import { HandshakeGate } from './handshake-gate.ts';
import { RequestAllowance } from './request-allowance.ts';
import { SubscriptionLimits } from './subscription-limits.ts';
import { UpgradeGate } from './upgrade-gate.ts';

export class ProxyLimits {
  readonly configured: ClientLimits;
  readonly addresses: ClientAddresses;
  readonly admission: Admission;
  readonly handshakes: HandshakeGate;
  readonly gate: UpgradeGate;
  readonly subscriptions: SubscriptionLimits;
  readonly inbound: InboundBudget;
  readonly outbound: OutboundBudget;

  /** @param lingerMs see `OutboundBudget` */
  constructor(
    task: AdmissionTask,
    lingerMs: number,
    index: SubscriptionIndex,
    events: Pick<AdmissionOptions, 'post' | 'onRefused'>,
  ) {
    this.configured = task.limits;
    this.admission = new Admission({ task, ...events });
    this.addresses = new ClientAddresses(task.limits.trustedProxies);
    this.handshakes = new HandshakeGate(task, this.addresses);
    this.gate = new UpgradeGate(this.admission, this.addresses);
    this.subscriptions = new SubscriptionLimits(task, index);
    this.inbound = new InboundBudget(task);
    this.outbound = new OutboundBudget(task, lingerMs);
  }

  /** What was refused, by what there was no room for. */
  counters(): Record<string, number> {
    const { connections, address, key, attempts } = this.admission.refused;
    return {
      refusedHandshakes: this.handshakes.refused,
      refusedConnections: connections,
      refusedOfAddress: address,
      refusedOfKey: key,
      refusedAttempts: attempts,
    };
  }

  /** Of a connection that begins. */
  allowance(): RequestAllowance {
    const { requestsPerSecond, requestBurst } = this.configured;
    return new RequestAllowance(requestsPerSecond, requestBurst);
  }
}
