/** `tickwire dashboard`: prints the link to the dashboard of the engine that runs here, with its key. */
import { loadConfig } from '../config.ts';
import { TickwireError } from '../errors.ts';
import { DASHBOARD } from '../help/watch-forms.ts';
import { askEngineOnce, findEngine } from '../ops/control-client.ts';
import { controlPaths } from '../ops/control-path.ts';
import type { RunCommand } from './command.ts';
import { readCommandArguments } from './command-arguments.ts';

export const run: RunCommand = async ({ argv, env, cwd, print }) => {
  const { flags, rest } = readCommandArguments(DASHBOARD, argv);
  const { config } = loadConfig({ argv: rest, env, cwd });
  const paths = controlPaths(config, cwd);
  if (paths.length === 0) {
    throw new TickwireError(
      'ENGINE_NOT_RUNNING',
      'TICKWIRE_CONTROL_SOCKET is none: an engine that is configured so cannot be asked. Give it a key of your own with ' +
        'TICKWIRE_ADMIN_KEY, and open its address with that.',
    );
  }
  const engine = await findEngine(paths);
  const { ok, code, message, url, link } = await askEngineOnce(engine, { command: 'dashboard' });
  if (ok !== true) throw new TickwireError('CONTROL_FAILED', `There is no dashboard: ${code}: ${message}.`);
  print(flags.json === undefined ? String(link) : JSON.stringify({ url, link }));
  return 0;
};
