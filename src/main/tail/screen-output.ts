/** A book, or a table of prices, that is redrawn in place on a terminal. */

import { formatBook } from './format-book.ts';
import { formatPriceTable } from './format-price-table.ts';
import { LiveScreen } from './live-screen.ts';
import { describeConnection, describeTrouble, type TailOutput } from './tail-output.ts';
import type { TailRequest } from './tail-request.ts';
import { PLAIN_STYLE, type TailStyle, TERMINAL_STYLE } from './tail-style.ts';
import { WatchedInstrument } from './watched-instrument.ts';

/** Faster than anybody reads, slow enough for a terminal behind a long line. */
const DRAW_MS = 100;

export function screenOutput(url: string, request: TailRequest, terminal: NodeJS.WriteStream): TailOutput {
  const watched = new Map(
    request.instruments.map((name) => [name, new WatchedInstrument(name, request.levels)]),
  );
  /** The latest of each instrument, and of all (the empty name). */
  const troubles = new Map<string, string>();
  const passing = new Set<string>();
  const screen = new LiveScreen(terminal);
  let connection = `connecting to ${url}`;
  let isConnected = false;

  const lines = (style: TailStyle): string[] => {
    const now = performance.now();
    const all = [...watched.values()];
    const head = isConnected ? style.quiet(connection) : style.warning(connection);
    const body =
      request.mode === 'depth'
        ? all.flatMap((instrument) => ['', ...formatBook(instrument, now, style)])
        : ['', ...formatPriceTable(all, now, style)];
    return [head, ...[...troubles.values()].map((text) => style.warning(text)), ...body];
  };
  const draw = () => screen.draw([...lines(TERMINAL_STYLE), '', TERMINAL_STYLE.quiet('Ctrl-C ends it')]);
  const timer = setInterval(draw, DRAW_MS);
  terminal.on('resize', draw);
  // The shell gets its screen and its cursor back with Ctrl-Z, and whatever way this process ends; the next draw takes them again.
  const giveBack = () => screen.close();
  const suspend = () => {
    giveBack();
    process.kill(process.pid, 'SIGSTOP');
  };
  process.once('exit', giveBack);
  if (process.platform !== 'win32') process.on('SIGTSTP', suspend);

  return {
    tick: (name, tick) => {
      watched.get(name)?.takeTick(tick, performance.now());
      for (const place of passing) if (place === name || place === '') troubles.delete(place);
    },
    gap: (name, gap) => watched.get(name)?.takeGap(gap, Date.now()),
    status: (name, status) => {
      const instrument = watched.get(name);
      if (instrument !== undefined) instrument.status = status;
    },
    stale: (name, reason) => {
      const instrument = watched.get(name);
      if (instrument !== undefined) instrument.staleReason = reason;
    },
    trouble: (trouble) => {
      const place = trouble.instrument ?? '';
      troubles.set(place, describeTrouble(trouble));
      if (trouble.isEnd) watched.delete(place);
      else passing.add(place);
    },
    connection: (change) => {
      isConnected = change.state === 'open';
      connection = describeConnection(change, url);
    },
    close: () => {
      clearInterval(timer);
      terminal.off('resize', draw);
      process.off('exit', giveBack);
      process.off('SIGTSTP', suspend);
      if (!screen.isOpen) return;
      screen.close();
      // What stood there last stays to be read and copied.
      terminal.write(`${lines(PLAIN_STYLE).join('\n')}\n`);
    },
  };
}
