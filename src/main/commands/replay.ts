/** `tickwire replay <file>`: the whole engine, with a recording in place of the broker. */
import { resolve } from 'node:path';
import { loadConfig } from '../config.ts';
import type { Engine } from '../engine.ts';
import { TickwireError } from '../errors.ts';
import { REPLAY } from '../help/market-forms.ts';
import { endProgress, formatSpan, progressBar, showProgress } from '../ops/progress-line.ts';
import { describeDamage } from '../replay/recording-file.ts';
import { describeSummary, type RecordingSummary } from '../replay/recording-summary.ts';
import type { ReplayEvent } from '../replay/replay-exchange.ts';
import { ReplaySession } from '../replay/replay-session.ts';
import { runEngine } from '../run-engine.ts';
import type { RunCommand } from './command.ts';
import { readCommandArguments } from './command-arguments.ts';

/** Proxies count so often. */
const FOLLOW_MS = 500;
const NS_PER_MS = 1e6;

export const run: RunCommand = async ({ argv, env, cwd, print, printError }) => {
  const { words, flags, rest } = readCommandArguments(REPLAY, argv);
  const { config } = loadConfig({ argv: rest, env, cwd });
  const speed = readSpeed(flags.speed ?? '1');
  const end = Promise.withResolvers<string>();
  let failure: string | null = null;
  let isOver = false;
  const onEvent = (event: ReplayEvent) => {
    if (event.type === 'progress') {
      showProgress(describeProgress(event, session.summary));
      return;
    }
    endProgress();
    print(describeEvent(event));
    if (event.type === 'ended' && flags.exit !== undefined) isOver = true;
  };
  const session = new ReplaySession({
    config,
    path: resolve(cwd, words[0]!),
    broker: flags.of ?? null,
    speed,
    loop: flags.loop !== undefined,
    key: flags.key ?? null,
    onEvent,
    onFailed: (message) => {
      failure = message;
      end.resolve('the recording cannot be played');
    },
  });
  let follower: NodeJS.Timeout | undefined;
  try {
    for (const damage of session.damages) printError(describeDamage(damage));
    print(`Replay of ${describeSummary(session.summary)}.`);
    const code = await runEngine(
      { config: session.config, reload: null, cwd: session.cwd, print },
      {
        standIn: session,
        until: end.promise,
        onStarted: (engine) => {
          print('It begins when a client subscribes.');
          let restedFor = 0;
          follower = setInterval(() => {
            const backlog = longestBacklog(engine);
            session.follow(backlog);
            restedFor = isOver && backlog === 0 ? restedFor + FOLLOW_MS : 0;
            // The count may be one interval of the proxies old.
            if (restedFor > 3 * FOLLOW_MS) end.resolve('the recording is over');
          }, FOLLOW_MS);
        },
      },
    );
    if (failure === null) return code;
    throw new TickwireError(
      'RECORDING_UNREADABLE',
      `The recording cannot be played any further: ${failure}.`,
    );
  } finally {
    endProgress();
    clearInterval(follower);
    session.remove();
  }
};

function longestBacklog({ readers }: Engine): number {
  return Math.max(0, ...readers.map(({ counters }) => counters.backlogBytes ?? 0));
}

function describeProgress(
  { time, messages }: Extract<ReplayEvent, { type: 'progress' }>,
  { firstTime, lastTime }: RecordingSummary,
): string {
  const played = Number(time - firstTime) / NS_PER_MS;
  const whole = Number(lastTime - firstTime) / NS_PER_MS;
  const count = messages.toLocaleString('en-US');
  return `Replay ${progressBar(played / whole)}  ${formatSpan(played)} of ${formatSpan(whole)}, ${count} messages`;
}

function describeEvent(event: Exclude<ReplayEvent, { type: 'progress' }>): string {
  if (event.type === 'began') return 'The replay begins.';
  const { round, messages, seconds } = event;
  const which = round === 1 ? 'The recording is over' : `Round ${round} is over`;
  return `${which}: ${messages.toLocaleString('en-US')} messages in ${seconds.toFixed(1)} s.`;
}

function readSpeed(text: string): number {
  if (text === 'max') return Number.POSITIVE_INFINITY;
  const speed = /^\d+(\.\d+)?$/.test(text) ? Number(text) : 0;
  if (speed > 0) return speed;
  throw new TickwireError(
    'COMMAND_INVALID',
    `--speed is "${text}"; it must be a number such as 1 or 10, or max for as fast as the engine takes it.`,
  );
}
