/** Node.js, and the packages with native binaries: each is loaded, and does something that only its binary can do. */
import { checkNodeVersion } from '../node-version.ts';
import type { RunCheck } from './check.ts';
import { go, noGo, type Outcome, warn } from './finding.ts';

interface Binary {
  readonly name: string;
  /** What there is not without it; null for one that is merely quicker. */
  readonly need: string | null;
  /** @returns its version or the like; throws when the binary does not work */
  readonly use: () => Promise<string>;
}

const BINARIES: readonly Binary[] = [
  {
    name: 'uWebSockets.js',
    need: 'clients cannot be served',
    use: async () => {
      const { App } = await import('uWebSockets.js');
      App().close();
      return 'serves clients';
    },
  },
  {
    name: 'zeromq',
    need: 'there is no bus',
    use: async () => {
      const zeromq = await import('zeromq');
      return `libzmq ${zeromq.version}${zeromq.capability.curve ? ' with CURVE' : ''}`;
    },
  },
  {
    name: '@node-rs/argon2',
    need: 'API keys cannot be checked',
    use: async () => {
      const { hashSync, verifySync } = await import('@node-rs/argon2');
      const cheap = { memoryCost: 8, timeCost: 1, parallelism: 1 };
      if (!verifySync(hashSync('key', cheap), 'key')) throw new Error('it does not know its own hash again');
      return 'checks keys';
    },
  },
  {
    name: 'msgpackr-extract',
    need: null,
    use: async () => {
      const { isNativeAccelerationEnabled } = await import('msgpackr');
      if (!isNativeAccelerationEnabled) throw new Error('there is no binary of it for this system');
      return 'reads msgpack';
    },
  },
];

const REINSTALL =
  'Install the packages anew on this machine, with this Node.js (npm ci, or npm install tickwire): a node_modules that was ' +
  'copied from another system or made by another Node.js has the wrong binaries.';

export const check: RunCheck = async () => {
  checkNodeVersion(process.versions.node);
  const { node } = process.versions;
  return [
    go(`Node.js ${node} on ${process.platform} ${process.arch}`),
    ...(await Promise.all(BINARIES.map(tryOut))),
  ];
};

async function tryOut({ name, need, use }: Binary): Promise<Outcome> {
  try {
    return go(`${name}: ${await use()}`);
  } catch (error) {
    const reason = (error instanceof Error ? error.message : String(error)).split('\n')[0] ?? '';
    if (need === null)
      return warn(`${name} is not there, so msgpack is read more slowly: ${reason}`, REINSTALL);
    return noGo(`${name} cannot be loaded, so ${need}: ${reason}`, REINSTALL);
  }
}
