/** Options of what OpenAlgo does where it is in use: the login to the broker, and the broker's instruments. */
import { optionalStringOption, secretOption, timeOfDayOption, urlOption } from './option-kinds.ts';

export const LOGIN_OPTIONS = {
  angelClientCode: optionalStringOption({
    env: 'TICKWIRE_ANGEL_CLIENT_CODE',
    reloadable: true,
    doc: "Client code of the Angel One account that tickwire login uses; asked for when it isn't set.",
  }),
  angelPin: secretOption({
    env: 'TICKWIRE_ANGEL_PIN',
    reloadable: true,
    minLength: 4,
    doc:
      'PIN of the Angel One account. Together with the secret in TICKWIRE_ANGEL_TOTP it lets the engine log in by itself ' +
      'when the broker refuses its tokens.',
  }),
  angelTotp: secretOption({
    env: 'TICKWIRE_ANGEL_TOTP',
    reloadable: true,
    minLength: 6,
    doc:
      'Secret of the authenticator (the text beside the QR code), from which codes are made, or for one login the ' +
      'six-digit code itself.',
  }),
  angelApiUrl: urlOption({
    env: 'TICKWIRE_ANGEL_API_URL',
    default: 'https://apiconnect.angelone.in',
    schemes: ['https', 'http'],
    doc: "Address of Angel One's SmartAPI. Without TLS only on this host.",
  }),
  angelLocalIp: optionalStringOption({
    env: 'TICKWIRE_ANGEL_LOCAL_IP',
    doc: 'Address of this host in its network, as told to Angel One. Not set: that of its first network card.',
  }),
  angelPublicIp: optionalStringOption({
    env: 'TICKWIRE_ANGEL_PUBLIC_IP',
    doc: 'Public address of this host, as told to Angel One. Not set: 127.0.0.1; nobody is asked for it.',
  }),
  angelMac: optionalStringOption({
    env: 'TICKWIRE_ANGEL_MAC',
    doc: 'Hardware address of this host, as told to Angel One. Not set: that of its first network card.',
  }),
  instrumentsFrom: optionalStringOption({
    env: 'TICKWIRE_INSTRUMENTS_FROM',
    doc: "Address or file of the instrument list, in place of the broker's own addresses.",
  }),
  instrumentsAt: timeOfDayOption({
    env: 'TICKWIRE_INSTRUMENTS_AT',
    default: '08:30',
    doc:
      'When the engine fetches the instrument list every day, in Indian time, for accounts that were logged in by ' +
      'tickwire login; off leaves it to tickwire instruments.',
  }),
};
