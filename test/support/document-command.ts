/** Command lines in documents: split as a shell does it, and looked at whether what they name is there. */
import { existsSync, readFileSync } from 'node:fs';
import { readCommandArguments } from '../../src/main/commands/command-arguments.ts';
import { findCommand } from '../../src/main/commands/find-command.ts';
import { loadConfig } from '../../src/main/config.ts';
import { CONFIG_KEYS, CONFIG_OPTIONS } from '../../src/main/config-options.ts';
import { COMPOSE_NAMES, composeFile } from './compose-file.ts';

const ROOT = new URL('../../', import.meta.url);
const OPTION_NAMES = new Set(CONFIG_KEYS.map((key) => CONFIG_OPTIONS[key].env));
const SCRIPTS: Readonly<Record<string, string>> = JSON.parse(
  readFileSync(new URL('package.json', ROOT), 'utf8'),
).scripts;
/** Of npm itself. */
const NPM_COMMANDS = ['ci', 'start', 'test', 'install', 'pack'];
/** What any system or its package manager has, and what OpenAlgo has. Of these only the name is known here. */
const OTHER_PROGRAMS = [
  'cd',
  'echo',
  'git',
  'grep',
  'install',
  'mkdir',
  'openssl',
  'pip',
  'promtool',
  'python',
  'sudo',
  'systemctl',
  'timedatectl',
  'nssm',
  'export',
  'umask',
  'cp',
];
const OPERATOR_PATHS = ['/', '/metrics', '/healthz', '/readyz'];
const STAND_IN_DIRECTORY = '/nonexistent';

/** The commands of a line, without comments and redirections: at `&&`, `;`, `|` and brackets one ends. */
export function commandsOf(line: string): string[][] {
  const commands: string[][] = [[]];
  const bare = line.replace(/^\$ /, '').replace(/(^|\s)#.*$/, '');
  for (const [token] of bare.matchAll(
    /'[^']*'|"[^"]*"|&&|\|\||[;|()]|>>?|(?:[^\s'";|()>&]|'[^']*'|&(?!&))+/g,
  )) {
    if (/^(&&|\|\||[;|()])$/.test(token)) commands.push([]);
    else commands.at(-1)!.push(token);
  }
  return commands
    .map((words) => {
      const redirection = words.findIndex((word) => word.startsWith('>'));
      return (redirection < 0 ? words : words.slice(0, redirection)).map((word) =>
        word.replace(/^(['"])(.*)\1$/s, '$2'),
      );
    })
    .filter((words) => words.length > 0);
}

/** @throws Error for what is not there: a program, command, flag, option, script, file, service, path of the listener */
export function checkCommand(words: readonly string[]): void {
  const [program = '', ...rest] = words;
  const assignment = /^([A-Z][A-Z_\d]*)=/.exec(program)?.[1];
  if (assignment !== undefined) {
    if (assignment.startsWith('TICKWIRE_')) needOption(assignment);
    if (rest.length > 0) checkCommand(rest);
  } else if (program === 'tickwire') checkTickwire(rest);
  else if (program === 'npm') checkNpm(rest);
  else if (['node', 'npx', 'python3'].includes(program)) checkScript(program, rest);
  else if (program === 'docker') checkDocker(rest);
  else if (program === 'curl') checkAddresses(rest);
  else if (!OTHER_PROGRAMS.includes(program)) throw new Error(`nobody knows the program ${program}`);
  for (const [name] of words.join(' ').matchAll(/\bTICKWIRE_[A-Z_\d]+\b/g)) needOption(name);
}

function needOption(name: string): void {
  if (!OPTION_NAMES.has(name)) throw new Error(`there is no option ${name}`);
}

function needFile(path: string): void {
  if (!existsSync(new URL(path, ROOT))) throw new Error(`there is no file ${path}`);
}

function checkTickwire(words: readonly string[]): void {
  if (words[0] === 'help') return;
  const { command, argv } = findCommand(words);
  if (words.includes('--help')) return;
  if (command.load === null) throw new Error(`tickwire ${words.join(' ')} needs another word`);
  const { rest } = readCommandArguments(command.form, argv);
  loadConfig({ argv: rest, env: {}, cwd: STAND_IN_DIRECTORY });
}

function checkNpm([command = '', ...rest]: readonly string[]): void {
  if (command === 'run') {
    const [script = '', separator, ...words] = rest;
    if (!(script in SCRIPTS)) throw new Error(`there is no script ${script}`);
    if (script === 'tickwire' && words.length > 0) {
      if (separator !== '--') throw new Error('npm takes flags for its own where there is no --');
      checkTickwire(words);
    }
  } else if (!NPM_COMMANDS.includes(command)) throw new Error(`npm ${command}?`);
}

function checkScript(program: string, words: readonly string[]): void {
  const [script = ''] = program === 'npx' ? words.slice(1) : words;
  if (program === 'npx' && words[0] === 'tickwire') checkTickwire(words.slice(1));
  // What the reader has written himself has no folder.
  else if (script.includes('/')) needFile(script);
}

function checkDocker([command = '', ...rest]: readonly string[]): void {
  if (command === 'exec') checkTickwire(rest.slice(rest.indexOf('tickwire', 1) + 1));
  const valuesOf = (flag: string) => rest.flatMap((word, i) => (rest[i - 1] === flag ? [word] : []));
  const files = valuesOf('-f').map((path) => path.replace('../tickwire/', ''));
  for (const path of files) if (path !== 'docker-compose.yaml') needFile(path);
  const position = rest.indexOf('exec');
  if (command === 'compose' && position >= 0) {
    const name =
      COMPOSE_NAMES.find((each) => `deploy/${each}` === files.at(-1)) ?? 'docker-compose.openalgo.yml';
    const service = rest[position + 1] ?? '';
    if (!(service in composeFile(name).services)) throw new Error(`${name} has no service ${service}`);
    checkTickwire(rest.slice(position + 3));
  }
}

function checkAddresses(words: readonly string[]): void {
  const addresses = words.filter((word) => URL.canParse(word));
  if (addresses.length === 0) throw new Error('curl has no address');
  for (const address of addresses) {
    const { pathname } = new URL(address);
    if (!OPERATOR_PATHS.includes(pathname)) throw new Error(`nobody serves ${pathname}`);
  }
}
