/** `tickwire tail`: a client of an engine like any other, that shows what it gets. */
import { type TickwireError as ClientError, connect } from '../../client/index.ts';
import type { ClientAccess } from './client-access.ts';
import { connectionFault } from './connection-fault.ts';
import { cutLevels } from './cut-levels.ts';
import { refusalOf, ticksMissing, unreachable } from './tail-errors.ts';
import type { TailOutput } from './tail-output.ts';
import type { TailRequest } from './tail-request.ts';

const FEATURES = ['sequence', 'stamps', 'snapshot', 'status', 'session'] as const;

/**
 * Shows until `stopped`, the end of the time or the count, or what cannot be healed.
 * @throws TickwireError CLIENT_KEY_REFUSED, CLIENT_REFUSED, ENGINE_UNREACHABLE, TICKS_MISSING
 */
export async function runTail(
  request: TailRequest,
  { url, key }: ClientAccess,
  output: TailOutput,
  stopped: Promise<void>,
): Promise<void> {
  const { instruments, mode, levels, forMs, count } = request;
  const end = Promise.withResolvers<void>();
  const client = connect({ url, key, features: FEATURES });
  const told = new Set<string>();
  const ended = new Set<string>();
  let ticks = 0;
  let wasOpen = false;
  let isOver = false;
  const tell = ({ code, message, instrument }: ClientError, isEnd: boolean) => {
    const what = `${instrument} ${code}`;
    // What is tried again every few seconds is told once.
    if (!told.has(what)) output.trouble({ instrument, code, message, isEnd });
    told.add(what);
  };
  /** One that has been made before is made again, however long that takes; a first one may have a wrong address. */
  const explain = async () => {
    const reason = await connectionFault(url);
    if (reason !== null) end.reject(unreachable(url, reason));
  };
  client.on('error', (error) => {
    const isTold = error.instrument !== null && ended.has(error.instrument);
    // The state tells of a lost connection.
    if (!isTold && client.state !== 'closed' && error.code !== 'DISCONNECTED') tell(error, false);
  });
  client.on('state', (change) => {
    // What ends everything is told as the command's error.
    if (isOver || change.state === 'closed') return;
    wasOpen ||= change.state === 'open';
    if (change.state === 'waiting' && !wasOpen) void explain();
    else output.connection(change);
  });
  client.ready().catch((error: ClientError) => end.reject(refusalOf(error, url)));
  for (const instrument of instruments) {
    const subscription = client.subscribe(instrument, mode, mode === 'depth' ? { levels } : {});
    subscription.on('tick', (tick) => {
      if (count !== null && ticks >= count) return;
      ticks++;
      told.clear();
      output.tick(instrument, cutLevels(tick, levels));
      if (ticks === count) end.resolve();
    });
    subscription.on('gap', (gap) => output.gap(instrument, gap));
    subscription.on('status', (status) => output.status(instrument, status));
    subscription.on('stale', ({ reason }) => {
      if (!isOver) output.stale(instrument, reason);
    });
    subscription.on('end', ({ error }) => {
      if (error === null) return;
      ended.add(instrument);
      if (ended.size === instruments.length) end.reject(refusalOf(error, url));
      else tell(error, true);
    });
  }
  let isTimeUp = false;
  const onTimeUp = () => {
    isTimeUp = true;
    end.resolve();
  };
  const timer = forMs === null ? undefined : setTimeout(onTimeUp, forMs);
  try {
    await Promise.race([end.promise, stopped]);
  } finally {
    clearTimeout(timer);
    isOver = true;
    client.close();
    output.close();
  }
  const wanted = count ?? 1;
  if (isTimeUp && ticks < wanted) throw ticksMissing(ticks, wanted, forMs ?? 0);
}
