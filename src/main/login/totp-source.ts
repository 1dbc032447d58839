import { TickwireError } from '../errors.ts';
import type { TotpSource } from './angel-login.ts';
import { decodeTotpSecret } from './totp.ts';

const CODE = /^\d{6}$/;

/**
 * What was typed or configured: six digits are a code, anything else is the secret that codes are made from.
 *
 * @throws TickwireError CONFIG_INVALID if it is neither; nothing of it is in the message
 */
export function readTotpSource(text: string): TotpSource {
  const word = text.trim();
  if (CODE.test(word)) return { kind: 'code', code: word };
  const secret = decodeTotpSecret(word);
  if (secret !== null) return { kind: 'secret', secret };
  throw new TickwireError(
    'CONFIG_INVALID',
    'TICKWIRE_ANGEL_TOTP is neither a code of six digits nor the secret of an authenticator (letters A to Z and digits 2 ' +
      'to 7, the text beside the QR code).',
  );
}
