/** A command's side of the control socket: finds the engine that runs here, and asks it. */
import { once } from 'node:events';
import { statSync } from 'node:fs';
import { connect, type Socket } from 'node:net';
import { TickwireError } from '../errors.ts';
import { type ControlLine, codeOf, parseLine } from './control-socket.ts';

/** The engine's main thread has little to do; one that stands still for so long is wedged. */
const ANSWER_TIMEOUT_MS = 10_000;

export interface EngineConnection {
  readonly path: string;
  readonly socket: Socket;
}

/**
 * Connects to the one engine that listens at one of the paths.
 * @throws TickwireError ENGINE_NOT_RUNNING, CONTROL_DENIED, CONTROL_AMBIGUOUS or CONTROL_FAILED
 */
export async function findEngine(paths: readonly string[]): Promise<EngineConnection> {
  const found: EngineConnection[] = [];
  try {
    for (const path of paths) {
      const socket = await connectTo(path);
      if (socket !== null) found.push({ path, socket });
    }
    if (found.length === 1) return found.pop()!;
    const places = paths.join(' nor at ');
    if (found.length === 0) {
      throw new TickwireError(
        'ENGINE_NOT_RUNNING',
        `No engine listens at ${places}. Run this command in the engine's working directory, with the same options; ` +
          'the log of an engine that could not open its control socket says why.',
      );
    }
    throw new TickwireError(
      'CONTROL_AMBIGUOUS',
      `Several run here: at ${found.map(({ path }) => path).join(' and at ')}. Name one with --control-socket.`,
    );
  } finally {
    for (const { socket } of found) socket.destroy();
  }
}

/**
 * Asks, and resolves with the answer once the connection has ended: with the process, where a command ends that.
 *
 * @param onAnswer told the answer at once. @returns how long the rest may take, in ms
 * @param onNews told each further line
 * @throws TickwireError CONTROL_FAILED when there is no answer, none in time, or one that refuses
 */
export async function askEngine(
  { socket, path }: EngineConnection,
  request: ControlLine,
  onAnswer: (answer: ControlLine) => number,
  onNews: (news: ControlLine) => void,
): Promise<void> {
  let isAnswered = false;
  let late = false;
  const giveUp = () => {
    late = true;
    socket.destroy();
  };
  let timer = setTimeout(giveUp, ANSWER_TIMEOUT_MS);
  try {
    socket.on('error', () => socket.destroy());
    socket.write(`${JSON.stringify(request)}\n`);
    for await (const line of linesOf(socket)) {
      if (isAnswered) {
        onNews(line);
        continue;
      }
      isAnswered = true;
      if (line.ok !== true) {
        throw new TickwireError('CONTROL_FAILED', `The engine refuses: ${line.code}: ${line.message}.`);
      }
      clearTimeout(timer);
      timer = setTimeout(giveUp, onAnswer(line));
    }
  } finally {
    clearTimeout(timer);
    socket.destroy();
  }
  if (late || !isAnswered) {
    const what = isAnswered ? 'is not done in time' : 'does not answer';
    throw new TickwireError('CONTROL_FAILED', `The engine at ${path} ${what}; look into its log.`);
  }
}

/**
 * Asks for what takes one answer.
 * @returns the answer, also one that refuses
 * @throws TickwireError CONTROL_FAILED when there is none in time
 */
export async function askEngineOnce(
  { socket, path }: EngineConnection,
  request: ControlLine,
): Promise<ControlLine> {
  const timer = setTimeout(() => socket.destroy(), ANSWER_TIMEOUT_MS);
  try {
    socket.on('error', () => socket.destroy());
    socket.write(`${JSON.stringify(request)}\n`);
    for await (const line of linesOf(socket)) return line;
  } finally {
    clearTimeout(timer);
    socket.destroy();
  }
  throw new TickwireError('CONTROL_FAILED', `The engine at ${path} does not answer; look into its log.`);
}

/** Until the connection ends, in order or not. */
async function* linesOf(socket: Socket): AsyncGenerator<ControlLine> {
  let text = '';
  try {
    for await (const chunk of socket.setEncoding('utf8')) {
      const lines = `${text}${chunk}`.split('\n');
      text = lines.pop() ?? '';
      for (const each of lines) {
        const line = parseLine(each);
        if (line !== null) yield line;
      }
    }
  } catch {
    // A process that was killed leaves it so, and so does giving up.
  }
}

/** Null when nobody listens there. */
async function connectTo(path: string): Promise<Socket | null> {
  const socket = connect(path);
  try {
    await once(socket, 'connect');
    return socket;
  } catch (cause) {
    socket.destroy();
    const code = codeOf(cause);
    if (code === 'ENOENT' || code === 'ECONNREFUSED') return null;
    if (code === 'EACCES' || code === 'EPERM') {
      throw new TickwireError(
        'CONTROL_DENIED',
        `The engine at ${path} is that of ${ownerOf(path)}: run this command as that user.`,
        { cause },
      );
    }
    throw new TickwireError('CONTROL_FAILED', `${path} cannot be opened: ${code || cause}.`, { cause });
  }
}

function ownerOf(path: string): string {
  try {
    return `the user with number ${statSync(path).uid}`;
  } catch {
    // Its directory may be closed to others too.
    return 'another user';
  }
}
