/** The engine's side of `tickwire reload`. */
import { TickwireError } from '../errors.ts';
import type { ControlCommand } from '../ops/control-socket.ts';
import type { ConfigChanges } from './config-changes.ts';
import type { ConfigReload } from './config-reload.ts';

/** Answer to a `reload`, when everything goes by it. */
export interface ReloadAnswer extends ConfigChanges {
  readonly ok: true;
  readonly pid: number;
}

/** @param reload null for an engine that reads its configuration once, say a replay */
export function reloadCommand(reload: ConfigReload | null): ControlCommand {
  return async () => {
    if (reload === null) {
      const message = 'a replay has read its configuration once and for all; start it again';
      return { ok: false, code: 'RELOAD_UNAVAILABLE', message };
    }
    try {
      const answer: ReloadAnswer = { ok: true, pid: process.pid, ...(await reload.run('tickwire reload')) };
      return { ...answer };
    } catch (error) {
      if (error instanceof TickwireError) return { ok: false, code: error.code, message: error.message };
      return {
        ok: false,
        code: 'RELOAD_FAILED',
        message: error instanceof Error ? error.message : String(error),
      };
    }
  };
}
