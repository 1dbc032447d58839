/**
 * The engine's side of the control socket, through which commands on the same machine reach it: a Unix domain socket that
 * the engine's user alone may open. A connection sends one line of JSON, `{"command": …}`, and gets one line back,
 * `{"ok": true, …}` or `{"ok": false, "code": …, "message": …}`. With that it ends, unless lines of news follow. Main thread.
 */
import { once } from 'node:events';
import { lstatSync, unlinkSync } from 'node:fs';
import { connect, createServer, type Server, type Socket } from 'node:net';
import type { Logger } from 'pino';

/** A line on the socket, without its end. */
export type ControlLine = Readonly<Record<string, unknown>>;

/**
 * Answers a request, at once or later; never rejects.
 * @param follow keeps the connection for news behind the answer, up to the end of the process. @returns sends a line of them,
 *   as long as whoever asked is there
 */
export type ControlCommand = (
  request: ControlLine,
  follow: () => (news: ControlLine) => void,
) => ControlLine | Promise<ControlLine>;

export type ControlCommands = Readonly<Record<string, ControlCommand>>;

const MAX_REQUEST_BYTES = 4096;
/** Whoever asks is a program of ours, which does so at once. */
const REQUEST_TIMEOUT_MS = 5000;
/** Whoever has the answer leaves at once too; a program that forgets to must not keep its place. */
const LEAVE_TIMEOUT_MS = 1000;
const MAX_CONNECTIONS = 16;
/** Nobody but the owner may open it. Set by umask, so that there is no moment in which somebody else could. */
const OTHERS_MASK = 0o177;

export class ControlSocket {
  readonly #server: Server;
  readonly #commands: ControlCommands;

  #connections = 0;
  #isFullKnown = false;

  private constructor(commands: ControlCommands, onFull: () => void) {
    this.#commands = commands;
    this.#server = createServer((socket) => this.#accept(socket));
    this.#server.maxConnections = MAX_CONNECTIONS;
    this.#server.on('drop', () => {
      if (!this.#isFullKnown) onFull();
      this.#isFullKnown = true;
    });
    this.#server.unref();
  }

  /**
   * Opens the socket. What a killed engine left behind is replaced. Never rejects: an engine that cannot be controlled
   * serves its clients all the same, and says so in its log.
   *
   * @returns null when it cannot be opened, or belongs to another engine
   */
  static async open(
    path: string,
    commands: ControlCommands,
    log: Pick<Logger, 'warn'>,
  ): Promise<ControlSocket | null> {
    const advice =
      'tickwire drain and reload do not reach this engine; TICKWIRE_CONTROL_SOCKET names another place';
    try {
      if (await isAnswered(path)) {
        log.warn({ path, code: 'CONTROL_SOCKET_IN_USE' }, `another engine runs here and has it: ${advice}`);
        return null;
      }
      const onFull = () =>
        log.warn(
          { path, code: 'CONTROL_SOCKET_FULL', connections: MAX_CONNECTIONS },
          'all places of the control socket are taken by programs of this user: tickwire drain and reload fail until some leave',
        );
      const control = new ControlSocket(commands, onFull);
      await control.#listen(path);
      return control;
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      log.warn({ path, reason }, `the control socket cannot be opened: ${advice}`);
      return null;
    }
  }

  /** Takes no command any more, and removes the file. Connections stay, and end with the process. */
  async close(): Promise<void> {
    this.#server.close();
  }

  async #listen(path: string): Promise<void> {
    if (process.platform !== 'win32') removeStaleSocket(path);
    const mask = process.umask(OTHERS_MASK);
    try {
      // The file is made in this very call.
      this.#server.listen(path);
    } finally {
      process.umask(mask);
    }
    await once(this.#server, 'listening');
  }

  #accept(socket: Socket): void {
    // It is the end of the process that tells whoever waits that the engine has left: the connection must not keep it.
    socket.unref();
    socket.on('error', () => socket.destroy());
    this.#connections++;
    socket.on('close', () => {
      // Said once of one crowd, not for each place that a crowd leaves and takes.
      if (--this.#connections === 0) this.#isFullKnown = false;
    });
    socket.setTimeout(REQUEST_TIMEOUT_MS, () => socket.destroy());
    let text = '';
    const onData = (chunk: string) => {
      text += chunk;
      const end = text.indexOf('\n');
      if (end < 0 && text.length <= MAX_REQUEST_BYTES) return;
      socket.off('data', onData).resume();
      socket.setTimeout(0);
      let hasNews = false;
      const tell = (line: ControlLine) => {
        if (socket.writable) socket.write(`${JSON.stringify(line)}\n`);
      };
      const follow = () => {
        hasNews = true;
        return tell;
      };
      const tellAnswer = (line: ControlLine) => {
        tell(line);
        if (hasNews) return;
        socket.end();
        // Not at once: what comes behind the request is read, since whoever cannot write it would not read the answer.
        socket.setTimeout(LEAVE_TIMEOUT_MS);
      };
      const answer = this.#answer(end < 0 ? '' : text.slice(0, end), follow);
      // One that is there already goes before the news behind it.
      if (answer instanceof Promise) void answer.then(tellAnswer);
      else tellAnswer(answer);
    };
    socket.setEncoding('utf8').on('data', onData);
  }

  #answer(text: string, follow: () => (news: ControlLine) => void): ControlLine | Promise<ControlLine> {
    const request = parseLine(text);
    const name = request?.command;
    if (request === null || typeof name !== 'string' || !Object.hasOwn(this.#commands, name)) {
      const known = Object.keys(this.#commands).join(', ');
      const message = `a request is one line of JSON with a command, one of: ${known}`;
      return { ok: false, code: 'CONTROL_REQUEST_INVALID', message };
    }
    return this.#commands[name]!(request, follow);
  }
}

/** The object of a line; null when it is none. */
export function parseLine(text: string): ControlLine | null {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null && !Array.isArray(value) ? { ...value } : null;
  } catch {
    return null;
  }
}

/** Whether somebody listens at the path. */
async function isAnswered(path: string): Promise<boolean> {
  const socket = connect(path);
  try {
    await once(socket, 'connect');
    return true;
  } catch (error) {
    if (codeOf(error) === 'ENOENT' || codeOf(error) === 'ECONNREFUSED') return false;
    throw error;
  } finally {
    socket.destroy();
  }
}

/** What somebody else put there stays. */
function removeStaleSocket(path: string): void {
  const found = lstatSync(path, { throwIfNoEntry: false });
  if (found === undefined) return;
  if (!found.isSocket()) throw new Error(`${path} is there, and is no socket`);
  unlinkSync(path);
}

/** The system's code of an error, empty where there is none. */
export function codeOf(error: unknown): string {
  return error instanceof Error && 'code' in error ? String(error.code) : '';
}
