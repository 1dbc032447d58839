/** Where the control socket of an engine is. */
import { createHash } from 'node:crypto';
import { dirname, join, resolve } from 'node:path';
import type { Config } from '../config-options.ts';
import { databasePath, EMBEDDED_DATABASE_PATH } from '../database/database-url.ts';

/** Whether a process has the database, or only serves clients. */
export type ControlledRole = 'engine' | 'proxy';

const OFF = 'none';

/**
 * The address of the control socket, as `node:net` takes it: a path, or on Windows a named pipe that the path stands for.
 *
 * @param cwd where a relative path starts
 * @returns null when there shall be none
 */
export function controlPath(
  { controlSocket, databaseUrl }: Pick<Config, 'controlSocket' | 'databaseUrl'>,
  cwd: string,
  role: ControlledRole,
): string | null {
  if (controlSocket?.toLowerCase() === OFF) return null;
  if (controlSocket !== null) return addressOf(resolve(cwd, controlSocket));
  if (role === 'proxy') return addressOf(join(cwd, 'tickwire-proxy.sock'));
  const database =
    databaseUrl === null ? resolve(cwd, EMBEDDED_DATABASE_PATH) : databasePath(databaseUrl, cwd);
  return addressOf(join(dirname(database), 'tickwire.sock'));
}

/** Every place where the engine or the proxy of this configuration may be reached; none where it shall not be. */
export function controlPaths(
  config: Pick<Config, 'controlSocket' | 'databaseUrl'>,
  cwd: string,
): readonly string[] {
  const paths = (['engine', 'proxy'] as const).flatMap((role) => controlPath(config, cwd, role) ?? []);
  return [...new Set(paths)];
}

function addressOf(path: string): string {
  if (process.platform !== 'win32') return path;
  return `\\\\.\\pipe\\tickwire-${createHash('sha256').update(path).digest('hex').slice(0, 32)}`;
}
