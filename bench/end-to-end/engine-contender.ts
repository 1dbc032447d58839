/** The engine as a contender: whole in one process, or as hosts of their own. */
import type { ChildProgram } from '../harness/child-program.ts';
import { freeEndpoint } from '../harness/free-endpoint.ts';
import type { ScenarioContext } from '../harness/scenario.ts';
import { prepareDatabase } from './bench-database.ts';
import type { Contender } from './contender.ts';
import { EngineProcess, type EngineProcessOptions, type NodeLaunch } from './engine-process.ts';
import type { LoadGenerator } from './load-generator.ts';

/** What nobody here wants any more is given back at once: each run starts from nothing. */
export const NO_LINGER = '--bus-linger=0';

export interface EngineContender extends Contender {
  readonly processes: readonly [EngineProcess];
}

function startHost({ cleanup }: ScenarioContext, options: EngineProcessOptions): EngineProcess {
  const host = new EngineProcess(options);
  cleanup.add(() => host.stop());
  return host;
}

async function upstreamFlags(generator: ChildProgram<LoadGenerator>): Promise<string[]> {
  return [`--angel-ws-url=${await generator.call('url', null)}`, '--broker-api-key=bench'];
}

/**
 * A whole engine in one process.
 *
 * @param instruments instruments that its database has for runs to subscribe to
 */
export async function startEngine(
  context: ScenarioContext,
  generator: ChildProgram<LoadGenerator>,
  instruments: number,
  flags: readonly string[] = [],
  launch: NodeLaunch = {},
): Promise<EngineContender> {
  const directory = context.cleanup.temporaryDirectory();
  prepareDatabase(directory, instruments);
  const own = ['--websocket-port=0', `--bus-endpoint=ipc://${directory}/bus`];
  const all = [...own, ...(await upstreamFlags(generator)), ...flags];
  const host = startHost(context, { command: 'start', directory, flags: all, ...launch });
  return { processes: [host], urls: [await host.url()], apiKey: await host.apiKey() };
}

/** A feed host and proxies, each in a process of its own, over tcp. */
export async function startHosts(
  context: ScenarioContext,
  generator: ChildProgram<LoadGenerator>,
  instruments: number,
  proxies: number,
): Promise<Contender> {
  const directory = context.cleanup.temporaryDirectory();
  prepareDatabase(directory, instruments);
  const endpoint = await freeEndpoint();
  const flags = [...(await upstreamFlags(generator)), `--bus-endpoint=${endpoint}`, NO_LINGER];
  const feed = startHost(context, { command: 'feed', directory, flags });
  const apiKey = await feed.apiKey();
  const processes = [feed];
  const urls: string[] = [];
  for (let i = 0; i < proxies; i++) {
    const proxy = startHost(context, {
      command: 'proxy',
      directory: context.cleanup.temporaryDirectory(),
      flags: [`--feeds=${endpoint}`, '--websocket-port=0'],
    });
    processes.push(proxy);
    urls.push(await proxy.url());
  }
  return { processes, urls, apiKey };
}
