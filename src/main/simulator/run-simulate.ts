import { once } from 'node:events';
import { exchangeWireOf } from './exchange-wires.ts';
import { describeListenError } from './listen-error.ts';
import { SimulatedExchange } from './simulated-exchange.ts';
import { DEMO_CREDENTIALS, type SimulatedExchangeOptions } from './simulator-options.ts';

export interface SimulateOptions extends SimulatedExchangeOptions {
  /** Default 0: a free one. */
  readonly port?: number;
  readonly host?: string;
  /** Printed in place of the API key, which may be somebody's own. */
  readonly shownApiKey?: string;
}

/**
 * Runs the simulated exchange by itself until `signal` is aborted, and prints where it listens and what it accepts.
 * @throws TickwireError `PORT_IN_USE` or `CONFIG_INVALID`; the system's error if the address cannot be used otherwise.
 */
export async function runSimulate(
  options: SimulateOptions,
  signal: AbortSignal,
  print: (line: string) => void,
): Promise<void> {
  const { port, host, shownApiKey, ...exchangeOptions } = options;
  const exchange = new SimulatedExchange(exchangeOptions);
  const { url } = await exchange.listen(port, host).catch((error: Error) => {
    throw describeListenError(error, port ?? 0);
  });
  print(`Simulated exchange listens at ${url}`);
  if (options.checkCredentials === false) print('It accepts any credentials.');
  else {
    const credentials = options.credentials ?? DEMO_CREDENTIALS;
    const apiKey = shownApiKey ?? credentials.apiKey;
    print(exchangeWireOf(options.broker ?? 'angel').describeCredentials({ ...credentials, apiKey }));
  }
  if (!signal.aborted) await once(signal, 'abort');
  await exchange.close();
}
