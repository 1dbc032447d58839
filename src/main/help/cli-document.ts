/** The text of CLI.md: every command, from the same forms that their arguments are read by. */
import type { Command, CommandGroup } from '../commands/command.ts';
import { CONFIG_OPTIONS } from '../config-options.ts';
import type { CommandForm } from './command-form.ts';
import { commandUsage, flagUsage } from './command-usage.ts';
import { EXIT_MEANINGS, exitCodesOf } from './exit-codes.ts';

const HEAD = `# Commands

Every command of Tickwire, written by \`npm run generate\` from the declarations that the program itself reads. \`tickwire <command>
--help\` prints the same. From a checkout it is \`npm run tickwire -- <command>\`.

Own words and flags of a command come first, words before flags. Where a usage ends with \`[options]\`, any option of the configuration
works as a flag too: [OPTIONS.md](OPTIONS.md) has them all. An error is one line on stderr, \`tickwire: CODE: what was wrong, and what to
do\`; \`--json\` prints JSON on stdout and nothing else there.
`;

/** The whole text, with a line end behind it. */
export function cliDocument(groups: readonly CommandGroup[]): string {
  const overview = groups.flatMap(({ title, commands }) => [
    `| **${title}** | |`,
    ...commands.map(({ form }) => `| [\`${form.name}\`](#${anchorOf(form)}) | ${cell(form.summary)} |`),
  ]);
  const codes = Object.entries(EXIT_MEANINGS).map(([code, meaning]) => `| ${code} | ${cell(meaning)} |`);
  return [
    HEAD,
    ['| command | what it does |', '| --- | --- |', ...overview, ''].join('\n'),
    ['## Exit codes', '', '| code | meaning |', '| --- | --- |', ...codes, ''].join('\n'),
    ...groups.flatMap(({ commands }) => commands.flatMap((command) => sectionsOf(command, 2))),
  ].join('\n');
}

function sectionsOf({ form, actions }: Command, depth: number): string[] {
  const parts = [`${'#'.repeat(depth)} tickwire ${form.name}`, `${capital(form.summary)}.`, ...form.about];
  if (actions.length === 0) parts.push(codeBlock([commandUsage(form)], 'text'));
  const flags = Object.entries(form.flags).map(
    ([name, flag]) => `| \`${flagUsage([name, flag])}\` | ${cell(flag.doc)} |`,
  );
  if (flags.length > 0) parts.push(['| flag | meaning |', '| --- | --- |', ...flags].join('\n'));
  if (form.options !== null && form.options.length > 0) {
    const names = form.options.map((key) => `\`--${CONFIG_OPTIONS[key].flag}\``).join(', ');
    parts.push(`Options that matter most here: ${names}.`);
  }
  if (actions.length === 0) {
    parts.push(codeBlock(form.examples.map(exampleLine), 'sh'));
    parts.push(exitSentence(form));
  }
  return [`${parts.join('\n\n')}\n`, ...actions.flatMap((action) => sectionsOf(action, depth + 1))];
}

function exampleLine([line, what]: CommandForm['examples'][number]): string {
  return `${line}   # ${what}`;
}

function exitSentence(form: CommandForm): string {
  const codes = exitCodesOf(form).map(({ code, errors }) => {
    const names = errors.map((error) => `\`${error}\``).join(', ');
    return names === '' ? String(code) : `${code} (${names})`;
  });
  return `Exit codes: ${codes.join(', ')}.`;
}

function codeBlock(lines: readonly string[], language: string): string {
  return ['```'.concat(language), ...lines, '```'].join('\n');
}

/** As GitHub makes it of a heading. */
function anchorOf({ name }: CommandForm): string {
  return `tickwire-${name.replaceAll(' ', '-')}`;
}

function cell(text: string): string {
  return text.replaceAll('|', '\\|').replaceAll('<', '\\<');
}

function capital(text: string): string {
  return text.slice(0, 1).toUpperCase() + text.slice(1);
}
