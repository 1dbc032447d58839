/** A reader of documents who copies their commands: two terminals in a directory that stands for a checkout. */
import assert from 'node:assert/strict';
import { mkdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { delimiter, dirname, join, resolve } from 'node:path';
import { adjacentPorts } from './adjacent-ports.ts';
import { CLI } from './run-cli.ts';
import { temporaryDirectory, type UntilTheEnd } from './temporary-directory.ts';
import { Terminal } from './terminal.ts';

const REPOSITORY = resolve(import.meta.dirname, '../..');
const CHECKOUT = ['package.json', 'src', 'node_modules', 'dashboard', 'deploy', 'examples'];
/** What the first terminal has printed when others can go on. */
const IS_UP = { start: /Demo key: /g, feed: /tcp:\/\//g } as const;

/** How a command of a document is run. */
export interface Way {
  readonly command: RegExp;
  /** What runs in the first terminal meanwhile. */
  readonly beside: 'start' | 'feed' | 'nothing';
  readonly prints?: RegExp;
  /** It runs until Ctrl-C, which comes when it has printed that. */
  readonly goesOn?: boolean;
  /** What runs in the first terminal ends with it. */
  readonly endsFirst?: boolean;
  /** In place of what would take long, or is another reader's. */
  readonly edit?: (line: string) => string;
}

export class Desk {
  readonly #context: UntilTheEnd;
  readonly #checkout: string;
  readonly #env: NodeJS.ProcessEnv;
  readonly #ports: ReadonlyMap<string, number>;
  #first: { readonly runs: Way['beside']; readonly terminal: Terminal } | null = null;

  private constructor(
    context: UntilTheEnd,
    checkout: string,
    ports: ReadonlyMap<string, number>,
    env: NodeJS.ProcessEnv,
  ) {
    this.#context = context;
    this.#checkout = checkout;
    this.#ports = ports;
    this.#env = env;
  }

  /** With the packages of this repository, so nothing may be installed there, and with ports that are free. */
  static async set(context: UntilTheEnd): Promise<Desk> {
    const checkout = temporaryDirectory(context);
    for (const name of CHECKOUT) symlinkSync(join(REPOSITORY, name), join(checkout, name));
    const bin = join(checkout, 'bin');
    mkdirSync(bin);
    const command = `#!/bin/sh\nexec "${process.execPath}" "${CLI}" "$@"\n`;
    writeFileSync(join(bin, 'tickwire'), command, { mode: 0o755 });
    const [clients, operator, bus] = [await adjacentPorts(), await adjacentPorts(), await adjacentPorts()];
    const env = {
      ...process.env,
      WEBSOCKET_PORT: String(clients),
      TICKWIRE_OPS_PORT: String(operator),
      TICKWIRE_BUS_ENDPOINT: `tcp://127.0.0.1:${bus}`,
      TICKWIRE_FEEDS: `tcp://127.0.0.1:${bus}`,
      TICKWIRE_BLACK_BOX_MINUTES: '15',
      // Documents say `node`, and mean the one that the package needs.
      PATH: [bin, dirname(process.execPath), process.env.PATH].join(delimiter),
    };
    const ports = new Map([
      ['8765', clients],
      ['8770', operator],
      ['5556', bus],
    ]);
    return new Desk(context, checkout, ports, env);
  }

  /** Ends what else runs in the first terminal, and starts there what shall. */
  async have(runs: Way['beside']): Promise<void> {
    if (this.#first?.runs === runs && this.#first.terminal.child.exitCode === null) return;
    this.#first?.terminal.signal('SIGINT');
    await this.#first?.terminal.end();
    this.#first = null;
    if (runs === 'nothing') return;
    const terminal = this.#open(runs === 'start' ? 'npm start' : `npm run tickwire -- ${runs}`);
    this.#first = { runs, terminal };
    await terminal.prints([IS_UP[runs]]);
  }

  /** Runs a line in the second terminal. @throws AssertionError unless it prints what it shall, and ends with 0 */
  async follow(
    line: string,
    { beside, prints = /^/g, goesOn = false, endsFirst = false, edit }: Way,
  ): Promise<void> {
    await this.have(beside);
    const script = (edit?.(line) ?? line).replaceAll(/(?<=127\.0\.0\.1:)\d+/g, (port) =>
      String(this.#ports.get(port) ?? port),
    );
    // A recording takes the place of none.
    const recording = /\brecord (\S+)/.exec(script)?.[1];
    if (recording !== undefined) rmSync(join(this.#checkout, recording), { force: true });
    const terminal = this.#open(script);
    if (goesOn) {
      await terminal.prints([prints]);
      terminal.signal('SIGINT');
      await terminal.end();
    } else assert.equal(await terminal.end(), 0, terminal.output);
    await terminal.prints([prints]);
    if (endsFirst) await this.#first?.terminal.end();
    assert.doesNotMatch(terminal.output, /^tickwire: [A-Z_]+:/m);
  }

  #open(script: string): Terminal {
    return new Terminal(this.#context, script, this.#checkout, this.#env);
  }
}
