/** What keeps the limits of clients in a proxy worker, put together. Each part says in its head what it does. */
import type { AdmissionTask, ClientLimits } from '../../admission-messages.ts';
import type { ClientSession } from '../connection/client-session.ts';
import type { SubscriptionIndex } from '../subscriptions/subscription-index.ts';
import { Admission, type AdmissionOptions } from './admission.ts';
import { InboundBudget, OutboundBudget } from './byte-budgets.ts';
import { ClientAddresses } from './client-address.ts';
import { HandshakeGate } from './handshake-gate.ts';
import { RequestAllowance } from './request-allowance.ts';
import { SubscriptionLimits } from './subscription-limits.ts';
import { UpgradeGate } from './upgrade-gate.ts';

export class ProxyLimits {
  /** What is in force; the same object, whose values are others after `reload`. */
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
    this.configured = { ...task.limits };
    const live = { ...task, limits: this.configured };
    this.admission = new Admission({ task: live, ...events });
    this.addresses = new ClientAddresses(task.limits.trustedProxies);
    this.handshakes = new HandshakeGate(live, this.addresses);
    this.gate = new UpgradeGate(this.admission, this.addresses);
    this.subscriptions = new SubscriptionLimits(live, index);
    this.inbound = new InboundBudget(live);
    this.outbound = new OutboundBudget(live, lingerMs);
  }

  /** Other limits from now on, for what comes: nobody is disconnected, and nothing that is held is taken away. */
  reload(limits: ClientLimits): void {
    Object.assign(this.configured, limits);
  }

  /** Gives a connection that lives the rate of requests that is in force. */
  reloadAllowance({ allowance, identity }: Pick<ClientSession, 'allowance' | 'identity'>): void {
    const { requestsPerSecond, requestBurst } = this.configured;
    allowance.setRate(identity?.rights?.limits.requestsPerSecond ?? requestsPerSecond);
    allowance.setBurst(requestBurst);
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
