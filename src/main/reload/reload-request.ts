/**
 * Who asks this process to read its configuration again: SIGHUP, or the supervising parent, to which somebody sent it. The
 * parent passes it on as a message: a signal would end a process that has not come so far as to handle it, and on Windows
 * any process.
 */
import { closeSync, openSync } from 'node:fs';
import { isatty } from 'node:tty';

/** What the parent sends over the IPC channel. */
export const RELOAD_MESSAGE = { type: 'reload' } as const;

const STDERR = 2;

/**
 * Hears of SIGHUP, which has two meanings: whoever sends it wants a reload; where a terminal was closed on which the log is
 * shown, nobody is there any more. On Windows nobody can send it: it is the closing of the console, and the system ends the
 * process some 10 s later. From the call on output that nobody can read does not end the process either.
 */
export function onHangup(onReload: () => void, onTerminalGone: () => void): void {
  // One that was started without a terminal, say by setsid, cannot lose it.
  const isShown = isatty(STDERR) && hasTerminal();
  const isGone = () => process.platform === 'win32' || (isShown && !hasTerminal());
  // What nobody can read any more must not end the process, say in the middle of its stop.
  for (const stream of [process.stdout, process.stderr]) stream.on('error', () => {});
  process.on('SIGHUP', () => (isGone() ? onTerminalGone() : onReload()));
}

function hasTerminal(): boolean {
  try {
    closeSync(openSync('/dev/tty', 'r'));
    return true;
  } catch {
    return false;
  }
}

export class ReloadRequest {
  readonly #terminalGone = Promise.withResolvers<void>();
  readonly #wishes = new Set<string>();
  #reload: ((cause: string) => void) | null = null;

  /** From now on no SIGHUP ends the process; what is asked for before `follow` waits. */
  constructor() {
    onHangup(() => this.#ask('SIGHUP'), this.#terminalGone.resolve);
  }

  /** Resolves when the terminal that shows the log is closed. */
  get terminalGone(): Promise<void> {
    return this.#terminalGone.promise;
  }

  /** @param reload called for each wish, and once for those that waited */
  follow(reload: (cause: string) => void): void {
    this.#reload = reload;
    // Messages wait in the channel until somebody listens.
    process.on('message', (message: { readonly type?: unknown }) => {
      if (message.type === RELOAD_MESSAGE.type) this.#ask('SIGHUP');
    });
    for (const cause of this.#wishes) reload(cause);
    this.#wishes.clear();
  }

  #ask(cause: string): void {
    if (this.#reload === null) this.#wishes.add(cause);
    else this.#reload(cause);
  }
}
