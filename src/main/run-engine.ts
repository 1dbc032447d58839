/** One engine in this process, with or without clients of its own. */
import { controlEndpointOf } from '../workers/bus/bus-address.ts';
import type { Config } from './config-options.ts';
import { Engine } from './engine.ts';
import type { EngineOptions, StartedEngine } from './engine-options.ts';
import { controlPath } from './ops/control-path.ts';
import { socketUrl } from './ops/first-page.ts';
import { type ReloadSource, runHost } from './run-host.ts';

/** What an engine is run with. */
export interface EngineRun {
  readonly config: Config;
  /** Null where the configuration is read once. */
  readonly reload: ReloadSource | null;
  readonly cwd: string;
  readonly print: (line: string) => void;
}

/** What a command does with the engine beside running it. */
export interface EngineSession
  extends Pick<EngineOptions, 'recordTo' | 'standIn' | 'servesClients' | 'madeKey'> {
  /** Called once the engine runs; what it throws ends the engine and the command. */
  readonly onStarted?: (engine: Engine) => void;
  /** Resolves with a reason to stop, beside the signals. */
  readonly until?: Promise<string>;
}

/**
 * Runs until a signal asks to stop, or until the parent is gone. Resolves with the exit code.
 *
 * @throws TickwireError when the engine cannot start
 */
export function runEngine(
  { config, reload, cwd, print }: EngineRun,
  { onStarted, until, ...session }: EngineSession = {},
): Promise<number> {
  let engine: Engine;
  return runHost({
    config,
    reload,
    controlPath: controlPath(config, cwd, 'engine'),
    create: (live, log, onFatal, logTail) => {
      engine = new Engine({ ...session, config: live, cwd, log, logTail, onFatal });
      return engine;
    },
    onStarted: (started) => {
      announce(started, print);
      onStarted?.(engine);
    },
    ...(until === undefined ? {} : { until }),
  });
}

function announce(
  { url, busEndpoint, demoKey, dashboard }: StartedEngine,
  print: (line: string) => void,
): void {
  const open = dashboard === null ? '' : ` Open ${dashboard.isDemo ? dashboard.link : dashboard.url}`;
  print(`Tickwire is running.${open}`);
  if (dashboard?.isDemo === false) print('Its key: tickwire dashboard prints the link that has it.');
  if (url === null) {
    print(
      `Tickwire publishes ticks on ${busEndpoint}, and answers proxies on ${controlEndpointOf(busEndpoint)}`,
    );
  } else print(`Clients connect to ${socketUrl(url)}`);
  if (demoKey !== null) print(`Demo key: ${demoKey}`);
}
