/** What `tickwire <command> --help` prints. */
import type { Command } from '../commands/command.ts';
import { describeOption } from '../config/format-config.ts';
import { CONFIG_OPTIONS } from '../config-options.ts';
import type { CommandForm } from './command-form.ts';
import { commandUsage, flagUsage } from './command-usage.ts';
import { EXIT_MEANINGS, exitCodesOf } from './exit-codes.ts';
import { wrapText } from './wrap-text.ts';

/** How a text is laid out: as wide as the terminal, with headings that stand out where it can show that. */
export interface HelpLayout {
  readonly columns: number;
  readonly heading: (text: string) => string;
}

/** Everything about one command, or about a family of them. */
export function formatCommandHelp({ form, actions }: Command, layout: HelpLayout): string {
  const { columns, heading } = layout;
  const sections: (readonly string[])[] = [
    wrapText(`tickwire ${form.name}: ${form.summary}.`, columns),
    ...form.about.map((paragraph) => wrapText(paragraph, columns)),
  ];
  if (actions.length > 0) {
    const list = actions.map((action) => [`tickwire ${action.form.name}`, action.form.summary] as const);
    sections.push([heading('Commands:'), ...columnsOf(list, columns)]);
  } else {
    sections.push([heading('Usage:'), ...wrapText(commandUsage(form), columns, '  ')]);
  }
  const flags = Object.entries(form.flags);
  if (flags.length > 0) {
    const rows = flags.map(([name, flag]) => [flagUsage([name, flag]), flag.doc] as const);
    sections.push([heading('Flags:'), ...columnsOf(rows, columns)]);
  }
  if (form.options !== null) sections.push(optionsOf(form.options, layout));
  sections.push([
    heading('Examples:'),
    ...form.examples.flatMap(([line, what]) => [`  ${line}`, `      ${what}`]),
  ]);
  if (actions.length === 0) sections.push([heading('Exit codes:'), ...exitLines(form, columns)]);
  return sections.map((lines) => lines.join('\n')).join('\n\n');
}

/** Two columns, the second one wrapped; a long first one has a line of its own. */
export function columnsOf(rows: readonly (readonly [string, string])[], columns: number): readonly string[] {
  const width = Math.min(28, Math.max(...rows.map(([first]) => first.length)));
  const indent = ' '.repeat(width + 4);
  return rows.flatMap(([first, second]) => {
    const [line = '', ...more] = wrapText(second, columns, indent);
    if (first.length > width) return [`  ${first}`, line, ...more];
    return [`  ${first.padEnd(width)}  ${line.trimStart()}`, ...more];
  });
}

function optionsOf(
  keys: NonNullable<CommandForm['options']>,
  { columns, heading }: HelpLayout,
): readonly string[] {
  const all = 'Any option of the configuration works as a flag (tickwire help options has them all).';
  if (keys.length === 0) return [heading('Options:'), ...wrapText(all, columns, '  ')];
  const lines = keys.flatMap((key) => {
    const { form, doc } = describeOption(key);
    return [`  ${form}  (${CONFIG_OPTIONS[key].env})`, ...wrapText(doc, columns, '      ')];
  });
  return [heading('Options:'), ...wrapText(`${all} Those that matter most here:`, columns, '  '), ...lines];
}

function exitLines(form: CommandForm, columns: number): readonly string[] {
  return exitCodesOf(form).flatMap(({ code, errors }) => {
    const names = errors.length === 0 ? '' : ` (${errors.join(', ')})`;
    const [line = '', ...more] = wrapText(`${EXIT_MEANINGS[code]}${names}`, columns, '      ');
    return [`  ${String(code).padEnd(2)}  ${line.trimStart()}`, ...more];
  });
}
