/** What runs in this process, from its start to its orderly or disorderly end. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Logger } from 'pino';
import type { DrainClients } from '../workers/drain-messages.ts';
import type { LoadedConfig } from './config.ts';
import type { Config } from './config-options.ts';
import type { DashboardAddress } from './dashboard/operator-listener.ts';
import { DrainCommand } from './drain-command.ts';
import { endAtOnce } from './end-at-once.ts';
import { type ControlLine, ControlSocket } from './ops/control-socket.ts';
import { createLog, setLogLevel } from './ops/log.ts';
import { LogTail } from './ops/log-tail.ts';
import type { DrainProgress } from './ops/proxy-drain.ts';
import { ConfigReload, type ConfigReloadOptions, type Reloadable } from './reload/config-reload.ts';
import { LiveConfig } from './reload/live-config.ts';
import { reloadCommand } from './reload/reload-command.ts';
import type { ReloadRequest } from './reload/reload-request.ts';
import { StopRequest, type StopWish } from './stop-request.ts';
import type { ToParent } from './supervising-parent.ts';

/** What is known of a host that has started. */
export interface ServedHost {
  /** Of the page at the clients' address; null where there are no clients. */
  readonly url: string | null;
}

/** An engine, or the proxies of feed hosts elsewhere. */
export interface Host<Started> extends Reloadable {
  /** @throws TickwireError when it cannot start; whatever had been started is stopped again */
  start(): Promise<Started>;
  /** Lets the clients go before a stop. Resolves when nobody is left, which may be never. */
  drain(request: DrainClients, onProgress: (progress: DrainProgress) => void): Promise<void>;
  /** Null where there is none. */
  readonly dashboard: DashboardAddress | null;
  /** Safe in every state. */
  stop(): Promise<void>;
}

/** How the configuration is read again. */
export interface ReloadSource {
  readonly request: ReloadRequest;
  /** @throws TickwireError as at the start */
  readonly load: () => LoadedConfig;
}

export interface HostRun<Started> {
  readonly config: Config;
  /** Null where the configuration is read once. */
  readonly reload: ReloadSource | null;
  /** Where commands reach it; null: nowhere. */
  readonly controlPath: string | null;
  /**
   * @param config whose values may be others after a reload
   * @param onFatal the process cannot go on
   */
  readonly create: (
    config: Config,
    log: Logger,
    onFatal: (code: string, message: string) => void,
    logTail: LogTail,
  ) => Host<Started>;
  /** Called once it runs; what it throws ends the host and the command. */
  readonly onStarted: (started: Started) => void;
  /** Resolves with a reason to stop, beside the signals. */
  readonly until?: Promise<string>;
}

/**
 * Runs until a signal or `tickwire drain` asks to stop, or until the parent is gone. Resolves with the exit code.
 *
 * @throws TickwireError when the host cannot start
 */
export async function runHost<Started extends ServedHost>(run: HostRun<Started>): Promise<number> {
  const { create, onStarted, until } = run;
  const live = new LiveConfig(run.config);
  const config = live.view;
  const tail = new LogTail();
  const log = createLog(config.logLevel, config.logFormat, tail);
  const onFatal = (code: string, message: string) => {
    log.fatal({ code }, message);
    endAtOnce();
  };
  const host = create(config, log, onFatal, tail);
  const stop = new StopRequest();
  stop.listen();
  void run.reload?.request.terminalGone.then(() =>
    stop.ask({ cause: 'the terminal was closed', reason: 'stop', drainMs: null }),
  );
  void until?.then((cause) => stop.ask({ cause, reason: 'stop', drainMs: null }));
  const drain = new DrainCommand(stop, config);
  let deadline: NodeJS.Timeout | undefined;
  let control: ControlSocket | null = null;
  let ended = false;
  // From the moment of asking, which may be in the middle of the start.
  void stop.asked.then(({ cause, drainMs }) => {
    if (ended) return;
    tellParent({ type: 'stopping' });
    log.info({ reason: cause }, 'stopping');
    const ms = (drainMs ?? config.drainTimeoutMs) + config.stopTimeoutMs;
    deadline = setTimeout(() => {
      log.fatal({ code: 'STOP_TIMEOUT' }, `the engine did not stop within ${ms} ms`);
      endAtOnce();
    }, ms);
  });
  try {
    const started = await host.start();
    const tellStopTime = () =>
      tellParent({ type: 'running', stopTimeoutMs: config.drainTimeoutMs + config.stopTimeoutMs });
    tellStopTime();
    try {
      const onAdopted = () => {
        setLogLevel(log, config.logLevel);
        tellStopTime();
      };
      const reload = followReloads(run.reload, { live, host, onAdopted, log });
      if (run.controlPath !== null) {
        const commands = {
          drain: drain.run,
          identify: identify(started),
          reload: reloadCommand(reload),
          dashboard: showDashboard(host),
        };
        control = await ControlSocket.open(run.controlPath, commands, log);
      }
      onStarted(started);
      await letGo(host, await stop.asked, stop, config, { log, onProgress: (now) => drain.onProgress(now) });
    } finally {
      await host.stop();
    }
  } finally {
    ended = true;
    clearTimeout(deadline);
    control?.close();
    drain.onLeft();
    // The open channel would keep the process.
    if (process.connected) process.disconnect();
  }
  return 0;
}

/** `{"command": "identify"}`: which process it is that answers here, and where its clients connect; null: nowhere. */
const identify =
  ({ url }: ServedHost) =>
  (): ControlLine => ({ ok: true, pid: process.pid, url });

/** Null where the configuration is read once. What was wished for during the start is done now. */
function followReloads(
  source: ReloadSource | null,
  options: Omit<ConfigReloadOptions, 'load'>,
): ConfigReload | null {
  if (source === null) return null;
  const reload = new ConfigReload({ ...options, load: source.load });
  // What is wrong stands in the log.
  source.request.follow((cause) => void reload.run(cause).catch(() => {}));
  return reload;
}

/** `{"command": "dashboard"}`: where it is, for whoever may open the control socket. */
const showDashboard = (host: Pick<Host<unknown>, 'dashboard'>) => (): ControlLine => {
  const { dashboard } = host;
  if (dashboard !== null) return { ok: true, url: dashboard.url, link: dashboard.link };
  const message =
    'it was started without one (TICKWIRE_OPS_PORT=none), or its address cannot be bound, which the log says';
  return { ok: false, code: 'NO_DASHBOARD', message };
};

/** The parent may be gone already; then the channel's end asks to stop, and an error says nothing new. */
function tellParent(message: ToParent): void {
  if (process.connected) process.send?.(message, undefined, undefined, () => {});
}

interface Watching {
  readonly log: Logger;
  readonly onProgress: (progress: DrainProgress) => void;
}

/** Waits until the clients have gone, their time is over, or somebody is in a hurry. */
async function letGo(
  host: Pick<Host<unknown>, 'drain'>,
  wish: StopWish,
  stop: StopRequest,
  config: Config,
  { log, onProgress }: Watching,
): Promise<void> {
  const request: DrainClients = { type: 'drain', reason: wish.reason, spreadMs: config.drainSpreadMs };
  let clients: DrainProgress = { clients: 0, unsentBytes: 0, closed: 0 };
  const gone = host.drain(request, (progress) => {
    clients = progress;
    onProgress(progress);
  });
  const timeUp = new AbortController();
  const timeout = sleep(wish.drainMs ?? config.drainTimeoutMs, undefined, { signal: timeUp.signal });
  await Promise.race([gone, timeout.catch(() => {}), stop.hurried]);
  timeUp.abort();
  log.info(clients, 'clients were let go');
}
