/**
 * What one connection and one subscription cost the engine's process in memory: the constants of
 * `src/main/admission/memory-bound.ts`. Run it by itself: `node bench/client-memory.ts`.
 */
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { WebSocket } from 'ws';
import { prepareDatabase } from './end-to-end/bench-database.ts';
import { benchSymbols, EXCHANGE } from './end-to-end/bench-instruments.ts';
import { EngineProcess } from './end-to-end/engine-process.ts';

const CONNECTIONS = 2000;
const INSTRUMENTS = 2900;
const MODES = [1, 2, 3];
const SUBSCRIBERS = 50;
/** The symbols that a request may name. */
const BATCH = 2900;
/** Of a whole instrument table, as OpenAlgo's installation has it. */
const TABLE_ROWS = 150_000;

async function connect(url: string, key: string): Promise<WebSocket> {
  const socket = new WebSocket(url, { perMessageDeflate: false });
  await once(socket, 'open');
  socket.send(JSON.stringify({ action: 'authenticate', api_key: key }));
  await once(socket, 'message');
  return socket;
}

async function subscribe(socket: WebSocket, mode: number): Promise<void> {
  const symbols = benchSymbols(BATCH).map((symbol) => ({ symbol, exchange: EXCHANGE }));
  socket.send(JSON.stringify({ action: 'subscribe', symbols, mode }));
  await once(socket, 'message');
}

/** Resident memory once it has not changed for a while, in bytes. */
async function settled(engine: EngineProcess): Promise<number> {
  for (let last = 0; ; ) {
    await new Promise((resolve) => setTimeout(resolve, 1500));
    const now = (engine.usage()?.rssMiB ?? 0) * 2 ** 20;
    if (Math.abs(now - last) < 2 ** 20) return now;
    last = now;
  }
}

async function run(rows: number): Promise<void> {
  const directory = mkdtempSync(join(tmpdir(), 'client-memory-'));
  prepareDatabase(directory, rows);
  const flags = ['--websocket-port=0', `--bus-endpoint=ipc://${directory}/bus`, '--broker-api-key=none'];
  const address = '--angel-ws-url=ws://127.0.0.1:9';
  const engine = new EngineProcess({
    command: 'start',
    directory,
    flags: [...flags, address, '--request-burst=100000'],
  });
  const sockets: WebSocket[] = [];
  try {
    const url = (await engine.url()).replace(/^http/, 'ws');
    const key = await engine.apiKey();
    const alone = await settled(engine);
    console.log(
      `${rows} instruments in the table: ${(alone / 2 ** 20).toFixed(0)} MiB with nobody connected`,
    );
    if (rows > INSTRUMENTS) return;
    while (sockets.length < CONNECTIONS) sockets.push(await connect(url, key));
    const connected = await settled(engine);
    console.log(`${((connected - alone) / CONNECTIONS).toFixed(0)} bytes for a connection`);
    // The first of them makes the streams; each further one is what a subscription costs.
    for (const mode of MODES) await subscribe(sockets[0]!, mode);
    const held = await settled(engine);
    console.log(
      `${((held - connected) / (INSTRUMENTS * MODES.length)).toFixed(0)} bytes for a stream and its first subscription`,
    );
    for (const socket of sockets.slice(1, SUBSCRIBERS))
      for (const mode of MODES) await subscribe(socket, mode);
    const shared = await settled(engine);
    const count = (SUBSCRIBERS - 1) * MODES.length * INSTRUMENTS;
    console.log(`${((shared - held) / count).toFixed(0)} bytes for each further subscription`);
  } finally {
    for (const socket of sockets) socket.terminate();
    await engine.stop();
    rmSync(directory, { recursive: true });
  }
}

await run(INSTRUMENTS);
await run(TABLE_ROWS);
