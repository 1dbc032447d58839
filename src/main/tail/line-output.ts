/** One line for each event: in words, or as JSON for scripts. */
import type { StateChange } from '../../client/index.ts';
import { describeLevels } from './describe-state.ts';
import { describeConnection, describeTrouble, type TailOutput } from './tail-output.ts';
import type { TailRequest } from './tail-request.ts';
import { gapLine, staleLine, statusLine, tickLine } from './tick-line.ts';

type Print = (line: string) => void;

/** @param printError told of the connection, so that the lines are ticks and what is wrong with them */
export function wordOutput(
  url: string,
  { levels }: Pick<TailRequest, 'levels'>,
  print: Print,
  printError: Print,
): TailOutput {
  const told = new Set<string>();
  return {
    tick: (instrument, tick) => {
      const fewer = describeLevels(tick, levels);
      if (fewer !== '' && !told.has(instrument)) printError(`tickwire: ${instrument}: ${fewer}`);
      told.add(instrument);
      print(tickLine(tick));
    },
    gap: (instrument, gap) => print(gapLine(instrument, gap, Date.now())),
    status: (instrument, status) => print(statusLine(instrument, status, Date.now())),
    stale: (instrument, reason) => {
      // The feed's status has said it, and the connection's state.
      if (reason === 'broker_refused') print(staleLine(instrument, reason, Date.now()));
    },
    trouble: (trouble) => printError(`tickwire: ${describeTrouble(trouble)}`),
    connection: (change: StateChange) => {
      if (change.state !== 'connecting') printError(`tickwire: ${describeConnection(change, url)}`);
    },
    close: () => {},
  };
}

export function jsonOutput(print: Print): TailOutput {
  const write = (event: object) => print(JSON.stringify(event));
  return {
    tick: (_, tick) => write({ type: 'tick', ...tick }),
    gap: (instrument, gap) => write({ type: 'gap', instrument, ...gap }),
    status: (instrument, { status, since, reason, broker }) =>
      write({ type: 'status', instrument, status, since, reason, broker }),
    stale: (instrument, reason) => write({ type: 'stale', instrument, reason }),
    trouble: (trouble) => write({ type: 'trouble', ...trouble }),
    connection: (change) => write({ type: 'connection', ...change }),
    close: () => {},
  };
}
