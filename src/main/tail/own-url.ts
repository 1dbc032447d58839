/** Where the clients of the engine of this directory connect. */
import type { LoadedConfig } from '../config.ts';
import type { Config } from '../config-options.ts';
import { TickwireError } from '../errors.ts';
import { askEngineOnce, findEngine } from '../ops/control-client.ts';
import { controlPaths } from '../ops/control-path.ts';
import { pageUrl } from '../ops/first-page.ts';

/**
 * Asks the engine itself, since it may have taken the next port where the configured one was taken; else what is configured.
 *
 * @throws TickwireError ENGINE_UNREACHABLE for an engine without clients
 */
export async function ownUrl({ config, sources }: LoadedConfig, cwd: string): Promise<string> {
  const isNamed = sources.websocketPort === 'flag' || sources.websocketHost === 'flag';
  return (isNamed ? null : await runningUrl(config, cwd)) ?? socketUrl(pageUrl(config, config.websocketPort));
}

/** Null where nobody can be asked. */
async function runningUrl(config: Config, cwd: string): Promise<string | null> {
  const paths = controlPaths(config, cwd);
  if (paths.length === 0) return null;
  try {
    const engine = await findEngine(paths);
    const { url } = await askEngineOnce(engine, { command: 'identify' });
    if (typeof url === 'string') return socketUrl(url);
    if (url !== null) return null;
  } catch (error) {
    // Whoever may not command an engine may well be its client.
    if (error instanceof TickwireError) return null;
    throw error;
  }
  throw new TickwireError(
    'ENGINE_UNREACHABLE',
    'The engine of this directory is a feed host, which serves no clients: name a proxy with --url.',
  );
}

/** Clients connect where the page is. */
function socketUrl(page: string): string {
  return page.replace(/^http/, 'ws').replace(/\/$/, '');
}
