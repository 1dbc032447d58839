import type { CommandForm } from './command-form.ts';

export const DOCTOR = {
  name: 'doctor',
  summary: 'go or no-go before the market opens: what was looked at, and what to do',
  about: [
    'Looks at everything that an engine of this configuration needs, measures this machine for about two seconds, and says of ' +
      'each thing go, warning or no-go, with what to do about it. Run it with the options, in the directory and as the user of ' +
      'the engine, before its start or beside it: it writes nothing, takes no port that somebody holds, and sends no key and ' +
      'no token anywhere.',
    'It ends with 0 for go, also with warnings, and with 1 for no-go. A configuration that cannot be read is a finding like ' +
      'any other.',
  ],
  words: [],
  flags: {
    role: { value: '<role>', doc: 'What is to run here: start, feed or proxy; default: start.' },
    json: { value: null, doc: 'Print one object of JSON, for scripts.' },
  },
  options: ['broker', 'databaseUrl', 'websocketPort', 'busEndpoint', 'controlSocket'],
  examples: [
    ['tickwire doctor', 'each morning, behind the login'],
    ['tickwire doctor --role proxy --json', 'for a script, on a host that only serves clients'],
  ],
  errors: ['DOCTOR_NO_GO'],
} satisfies CommandForm;
