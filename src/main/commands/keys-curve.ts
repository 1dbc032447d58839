/** `tickwire keys curve`: a new key pair for a host of the bus. Nothing is stored, and nothing else is printed of it. */
import { makeCurvePair } from '../config/curve-pair.ts';
import { KEYS_CURVE } from '../help/key-forms.ts';
import type { RunCommand } from './command.ts';
import { readCommandArguments } from './command-arguments.ts';

export const run: RunCommand = async ({ argv, print }) => {
  const { flags } = readCommandArguments(KEYS_CURVE, argv);
  const pair = makeCurvePair();
  if (flags.json !== undefined) {
    print(JSON.stringify(pair));
    return 0;
  }
  const { publicKey, secretKey } = pair;
  print(
    '# A key pair for one host of the bus, in the form of .env. Who has the secret key passes for that host:',
  );
  print(
    '# keep it in a file that its owner alone can read. Each feed host and each proxy host has a pair of its own.',
  );
  print(`TICKWIRE_CURVE_PUBLIC_KEY=${publicKey}`);
  print(`TICKWIRE_CURVE_SECRET_KEY=${secretKey}`);
  print('# A feed host also needs the public keys of its proxies, one a line, in a file that it names:');
  print('#   TICKWIRE_CURVE_ALLOWED=proxies.keys');
  print('# A proxy also needs the public key of each feed host:');
  print('#   TICKWIRE_CURVE_SERVER_KEYS=<public key of the feed host>');
  return 0;
};
