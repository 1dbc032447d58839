/** uWebSockets.js has binaries for certain versions of Node.js only; another one fails with words that help nobody. */
import { TickwireError } from './errors.ts';

const MAJOR = 22;
/** The first version of the line that runs TypeScript without a flag. */
const MINOR = 18;

/** @throws TickwireError NODE_VERSION */
export function checkNodeVersion(version: string): void {
  const [major = 0, minor = 0] = version.split('.').map(Number);
  if (major === MAJOR && minor >= MINOR) return;
  throw new TickwireError(
    'NODE_VERSION',
    `this is Node.js ${version}; Tickwire runs on ${MAJOR}.${MINOR} or a later ${MAJOR}.x. Start it through npm ` +
      '(npm start, npx tickwire), which brings that version along, or install it.',
  );
}
