/** `tickwire drain`: asks the engine that runs here to let its clients go and to stop, and waits until it has left. */
import { loadConfig } from '../config.ts';
import { CONFIG_OPTIONS } from '../config-options.ts';
import { TickwireError } from '../errors.ts';
import { DRAIN } from '../help/engine-forms.ts';
import { askEngine, findEngine } from '../ops/control-client.ts';
import { controlPaths } from '../ops/control-path.ts';
import type { ControlLine } from '../ops/control-socket.ts';
import type { RunCommand } from './command.ts';
import { readCommandArguments } from './command-arguments.ts';

/** The engine's process is killed by then; what is beyond is a machine that stands still. */
const MARGIN_MS = 5000;

export const run: RunCommand = async ({ argv, env, cwd, print }) => {
  const { flags, rest } = readCommandArguments(DRAIN, argv);
  const { config } = loadConfig({ argv: rest, env, cwd });
  const timeoutMs = readTimeout(flags.timeout);
  const paths = controlPaths(config, cwd);
  if (paths.length === 0) {
    throw new TickwireError(
      'ENGINE_NOT_RUNNING',
      'TICKWIRE_CONTROL_SOCKET is none: an engine that is configured so cannot be reached. Send it SIGTERM.',
    );
  }
  const engine = await findEngine(paths);
  let hasLeft = false;
  let shown = '';
  await askEngine(
    engine,
    { command: 'drain', timeoutMs },
    ({ pid, endsWithinMs }) => {
      if (flags.json !== undefined) print(JSON.stringify({ pid, endsWithinMs }));
      else print(`The engine (process ${pid}) lets its clients go, and stops.`);
      return Number(endsWithinMs) + MARGIN_MS;
    },
    (news) => {
      hasLeft = news.left === true;
      const line = flags.json === undefined ? describeNews(news) : JSON.stringify(news);
      if (line !== shown) print(line);
      shown = line;
    },
  );
  if (hasLeft) return 0;
  throw new TickwireError(
    'CONTROL_FAILED',
    "The engine's process ended before it had stopped in order: look into its log.",
  );
};

function describeNews({ clients, unsentBytes, closed, left }: ControlLine): string {
  const behind =
    clients === 0 ? '' : `, ${clients} with ${Number(unsentBytes).toLocaleString('en-US')} bytes to take`;
  if (left !== true) return `${closed} clients have left${behind}.`;
  const cut = clients === 0 ? '' : `; ${clients} had to be cut off`;
  return `The engine has left. ${closed} clients were closed in order${cut}.`;
}

/** In ms; undefined: as the engine is configured. */
function readTimeout(text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  const { drainTimeoutMs } = CONFIG_OPTIONS;
  const ms = drainTimeoutMs.parse(text);
  if (ms !== undefined) return ms;
  throw new TickwireError(
    'COMMAND_INVALID',
    `--timeout is "${text}"; it must be ${drainTimeoutMs.expected}.`,
  );
}
