import { TickwireError } from '../errors.ts';
import { askEngine, findEngine } from '../ops/control-client.ts';

const ENDS_WITHIN_MS = 1000;

/** What listens at the control socket of this directory. */
export interface RunningEngine {
  readonly path: string;
  /** Null when it does not say. */
  readonly pid: number | null;
  /** Why it did not say; null when it did. */
  readonly trouble: string | null;
}

/** Asks who runs here. @param path of the control socket, null where there is none. @returns null when nobody does */
export async function findRunningEngine(path: string | null): Promise<RunningEngine | null> {
  if (path === null) return null;
  let pid: number | null = null;
  try {
    const connection = await findEngine([path]);
    await askEngine(
      connection,
      { command: 'identify' },
      (answer) => {
        pid = typeof answer.pid === 'number' ? answer.pid : null;
        // Nothing more is to come, and the engine would keep the connection.
        connection.socket.destroy();
        return ENDS_WITHIN_MS;
      },
      () => {},
    );
    return { path, pid, trouble: null };
  } catch (error) {
    if (error instanceof TickwireError && error.code === 'ENGINE_NOT_RUNNING') return null;
    return { path, pid, trouble: error instanceof Error ? error.message : String(error) };
  }
}
