import { openAlgoKeyId, ownKeyId } from '../entitlements/entitlement-book.ts';
import { TickwireError } from '../errors.ts';

/**
 * The id of a key as a command was given it: bare, or as logs and the bus name it.
 * @throws TickwireError COMMAND_INVALID for OpenAlgo's own keys
 */
export function ownKeyArgument(given: string): string {
  if (given.startsWith(openAlgoKeyId(''))) {
    throw new TickwireError(
      'COMMAND_INVALID',
      `${given} is OpenAlgo's own key: make a new one on OpenAlgo's page, which ends the old one. Its role is that of its ` +
        'user: tickwire keys role assign <role> --user <name>.',
    );
  }
  return given.startsWith(ownKeyId('')) ? given.slice(ownKeyId('').length) : given;
}
