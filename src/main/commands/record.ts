/** `tickwire record <file>`: the engine with everything that brokers send recorded, or the black box of an engine saved. */
import { statSync, unlinkSync } from 'node:fs';
import { resolve } from 'node:path';
import { MODE } from '../../codec/tick.ts';
import type { InstrumentName } from '../../workers/worker-messages.ts';
import { loadConfig } from '../config.ts';
import type { Config } from '../config-options.ts';
import { DEMO_SESSION } from '../database/demo-seed.ts';
import type { Engine } from '../engine.ts';
import { TickwireError } from '../errors.ts';
import { RECORD } from '../help/market-forms.ts';
import { endProgress, formatSpan, progressBar, showProgress } from '../ops/progress-line.ts';
import { ReloadRequest } from '../reload/reload-request.ts';
import { copyRecords, createRecording } from '../replay/copy-recording.ts';
import { blackBoxPaths, describeDamage, openRecording } from '../replay/recording-file.ts';
import { describeSummary, summarise } from '../replay/recording-summary.ts';
import { runEngine } from '../run-engine.ts';
import type { RunCommand } from './command.ts';
import { readCommandArguments } from './command-arguments.ts';
import { readDuration } from './read-duration.ts';

const METER_MS = 500;
const MB = 1e6;

export const run: RunCommand = async ({ argv, env, cwd, print }) => {
  const { words, flags, rest } = readCommandArguments(RECORD, argv);
  const load = () => loadConfig({ argv: rest, env, cwd });
  const { config } = load();
  const path = resolve(cwd, words[0]!);
  if (flags['from-black-box'] !== undefined) {
    if (flags.symbols !== undefined || flags.for !== undefined) {
      throw invalid('--symbols and --for are for a new recording, not for --from-black-box.');
    }
    saveBlackBox(resolve(cwd, config.blackBoxDir), path, lastMinutes(flags.last), print);
    return 0;
  }
  if (flags.last !== undefined) throw invalid('--last needs --from-black-box.');
  const symbols = flags.symbols === undefined ? [] : readSymbols(flags.symbols);
  const durationMs = flags.for === undefined ? null : readDuration(flags.for);
  createRecording(path);
  let timer: NodeJS.Timeout | undefined;
  let meter: NodeJS.Timeout | undefined;
  let hasBegun = false;
  const timeUp = Promise.withResolvers<string>();
  try {
    const reload = { request: new ReloadRequest(), load };
    const code = await runEngine(
      { config, reload, cwd, print },
      {
        recordTo: path,
        until: timeUp.promise,
        onStarted: (engine) => {
          holdSymbols(engine, config, symbols);
          hasBegun = true;
          print(`Recording into ${path}; it ends with Ctrl-C.`);
          meter = followRecording(path, durationMs);
          if (durationMs !== null) timer = setTimeout(() => timeUp.resolve('the time is up'), durationMs);
        },
      },
    );
    clearInterval(meter);
    endProgress();
    report(path, print);
    return code;
  } catch (error) {
    // Nobody was told that it records, whatever a feed has noted by then: the name is free for the next attempt.
    if (!hasBegun) unlinkSync(path);
    throw error;
  } finally {
    clearTimeout(timer);
    clearInterval(meter);
    endProgress();
  }
};

/** Shows on a terminal how long it has recorded, of how long, and how much. */
function followRecording(path: string, durationMs: number | null): NodeJS.Timeout {
  const startedAt = performance.now();
  return setInterval(() => {
    const ms = performance.now() - startedAt;
    const span =
      durationMs === null
        ? formatSpan(ms)
        : `${progressBar(ms / durationMs)}  ${formatSpan(ms)} of ${formatSpan(durationMs)}`;
    const bytes = statSync(path, { throwIfNoEntry: false })?.size ?? 0;
    showProgress(`Recording ${span}, ${(bytes / MB).toFixed(1)} MB on disk`);
  }, METER_MS);
}

function saveBlackBox(
  directory: string,
  path: string,
  last: number | null,
  print: (line: string) => void,
): void {
  const recording = openRecording(blackBoxPaths(directory));
  const from = last === null ? 0n : BigInt(Math.round(Date.now() - last * 60_000)) * 1_000_000n;
  try {
    copyRecords(recording.blocks, path, from);
  } finally {
    recording.close();
  }
  // The end of a file that an engine is writing right now is no damage.
  for (const damage of recording.damages) if (damage.kind === 'damaged') print(describeDamage(damage));
  report(path, print);
}

function report(path: string, print: (line: string) => void): void {
  const recording = openRecording([path]);
  for (const damage of recording.damages) print(describeDamage(damage));
  print(`Recorded ${describeSummary(summarise(recording.blocks))}.`);
  recording.close();
}

function holdSymbols(engine: Engine, config: Config, symbols: readonly InstrumentName[]): void {
  if (symbols.length === 0) return;
  const broker = config.broker === 'simulated' ? DEMO_SESSION.broker : config.broker;
  // Depth holds everything that the lower modes have.
  const outcomes = engine.hold(
    broker,
    symbols.map((name) => ({ ...name, mode: MODE.DEPTH })),
  );
  const refused = outcomes.flatMap((outcome) => (outcome.status === 'error' ? [outcome.message] : []));
  if (refused.length > 0) throw invalid(`Not all of --symbols can be subscribed: ${refused.join('; ')}.`);
}

function readSymbols(text: string): InstrumentName[] {
  return text.split(',').map((name) => {
    const [exchange = '', symbol = '', ...more] = name.trim().split(':');
    if (exchange === '' || symbol === '' || more.length > 0) {
      throw invalid(`--symbols has "${name.trim()}"; each must have the form NSE:RELIANCE.`);
    }
    return { exchange, symbol };
  });
}

function lastMinutes(text: string | undefined): number | null {
  if (text === undefined) return null;
  const minutes = Number(text);
  if (minutes > 0 && Number.isFinite(minutes)) return minutes;
  throw invalid(`--last is "${text}"; it must be a number of minutes.`);
}

function invalid(message: string): TickwireError {
  return new TickwireError('COMMAND_INVALID', message);
}
