/** Commands about the installation itself. */
import { type CommandForm, JSON_FLAG } from './command-form.ts';

export const CERTIFICATE = {
  name: 'certificate',
  summary: 'make a certificate for development, which signs itself',
  about: [
    'Writes tickwire.crt and tickwire.key, and prints the lines for .env and what clients have to be told. Neither file ' +
      'takes the place of another.',
  ],
  words: [],
  flags: {
    host: {
      value: '<name or address,…>',
      doc: 'How clients of other hosts call this one, beside localhost.',
    },
    dir: { value: '<directory>', doc: 'Where the files go; default: tls.' },
    json: {
      value: null,
      doc: 'Print the paths, the hosts and the end of its validity as JSON, for scripts.',
    },
  },
  options: null,
  examples: [
    ['tickwire certificate >> .env', 'for clients of this host'],
    ['tickwire certificate --host trading.lan,192.168.1.5 >> .env', 'for clients of others too'],
  ],
  errors: ['CERTIFICATE_UNWRITABLE'],
} satisfies CommandForm;

export const CONFIG = {
  name: 'config',
  summary: 'print the configuration in force, and where each value came from',
  about: [
    'Takes the flags that start takes, and shows what they come to together with the environment, .env, the preset and the ' +
      'defaults; below it, how much memory all limits together let the process take. Secrets are never shown.',
  ],
  words: [],
  flags: { json: JSON_FLAG },
  options: ['preset'],
  examples: [
    ['tickwire config', 'a table of all options'],
    ['tickwire config --preset latency --json', 'what a preset changes, for scripts'],
  ],
  errors: [],
} satisfies CommandForm;

export const VERSION = {
  name: 'version',
  summary: 'print the version',
  about: ['Also tickwire --version.'],
  words: [],
  flags: {
    json: {
      value: null,
      doc: 'Print the versions of Tickwire and Node.js and the platform as JSON, for scripts.',
    },
  },
  options: null,
  examples: [
    ['tickwire version', 'a number'],
    ['tickwire version --json', 'what to put into a report of a fault'],
  ],
  errors: [],
} satisfies CommandForm;
