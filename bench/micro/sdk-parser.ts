/**
 * The parser of Angel One's own JavaScript SDK, which is a private function of it: reached through the `message` handler
 * that the SDK gives its socket, and the `tick` event that comes of it. The socket is a silent one in place of `ws`, so
 * that nothing is connected and no time goes into a network.
 */
import { createRequire } from 'node:module';
import { join } from 'node:path';

const PACKAGE = join(import.meta.dirname, '..', 'angel-sdk', 'package.json');
/** The SDK's main file would load its REST client too, and open a log file. */
const MODULE = 'smartapi-javascript/lib/websocket2.0.js';

/** What all its ticks have; integers are texts, and the token's text has quotes. */
export interface SdkTick {
  readonly exchange_timestamp: string;
  readonly token: string;
}

interface Sdk {
  on(event: 'tick', listener: (tick: SdkTick) => void): void;
  connect(): Promise<unknown>;
  close(): void;
}

type SdkConstructor = new (account: Readonly<Record<string, string>>) => Sdk;

const opened: SilentSocket[] = [];

class SilentSocket {
  onmessage: (event: { readonly data: Buffer }) => void = () => {};

  constructor() {
    opened.push(this);
  }

  close(): void {}
}

/** @returns what gives the tick of a frame, or null when the SDK is not installed (`npm run bench:rivals`) */
export function loadSdkParser(): ((frame: Buffer) => SdkTick) | null {
  const require = createRequire(PACKAGE);
  let path: string;
  try {
    path = require.resolve(MODULE);
  } catch {
    return null;
  }
  const sdkRequire = createRequire(path);
  sdkRequire('ws');
  sdkRequire.cache[sdkRequire.resolve('ws')]!.exports = SilentSocket;
  const WebSocketV2: SdkConstructor = sdkRequire(path);
  const sdk = new WebSocketV2({ clientcode: '', jwttoken: '', apikey: '', feedtype: '' });
  let latest: SdkTick | undefined;
  sdk.on('tick', (tick) => {
    latest = tick;
  });
  void sdk.connect();
  // Ends its timer; the handler stays.
  sdk.close();
  const socket = opened[0]!;
  return (frame) => {
    socket.onmessage({ data: frame });
    return latest!;
  };
}
