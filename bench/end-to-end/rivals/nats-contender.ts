/** A NATS server as a contender: the bridge is its half towards the broker, the server the one towards the clients. */
import type { ChildProgram } from '../../harness/child-program.ts';
import type { ScenarioContext } from '../../harness/scenario.ts';
import type { Contender } from '../contender.ts';
import type { LoadGenerator } from '../load-generator.ts';
import { NatsServerProcess } from './nats-server-process.ts';
import { RelayProcess } from './relay-process.ts';

/**
 * `processes` are the bridge and the server, in this order. Ask `hasNats` first.
 *
 * @throws Error when no NATS server is installed
 */
export async function startNats(
  context: ScenarioContext,
  generator: ChildProgram<LoadGenerator>,
): Promise<Contender> {
  const server = await NatsServerProcess.start(context);
  const bridge = new RelayProcess(context, 'nats-bridge.ts');
  await bridge.start({ upstreamUrl: await generator.call('url', null), serverUrl: server.url });
  return { processes: [bridge, server], urls: [server.websocketUrl], apiKey: 'any', protocol: 'nats' };
}
