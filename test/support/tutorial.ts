/** A document whose shell blocks are executed in their order, as its reader would, with what must be printed behind them. */
import { readFileSync } from 'node:fs';

export interface TutorialStep {
  readonly line: number;
  /** `clone`: where there is nothing yet. `run`: to its end. `start`: in the first terminal. `until WORD`: ended when that is printed. `check`: not here. `openalgo`: there. */
  readonly kind: 'clone' | 'run' | 'start' | 'until' | 'check' | 'openalgo' | 'file';
  /** The word of `until`, the name of a `file`. */
  readonly argument: string;
  readonly body: string;
  /** What its output has, in this order; `…` is any text within a line. */
  readonly expected: readonly RegExp[];
}

const KINDS = ['clone', 'start', 'until', 'check', 'openalgo'] as const;

function kindOf(language: string, argument: string, where: string): TutorialStep['kind'] {
  if (language === 'js') return 'file';
  if (language !== 'sh') throw new Error(`${where}: nobody executes ${language}`);
  const [word = ''] = argument.split(' ');
  if (word === '') return 'run';
  const kind = KINDS.find((each) => each === word);
  if (kind === undefined) throw new Error(`${where}: nobody knows what "${word}" means for a block`);
  return kind;
}

/** @throws Error for a block that nobody executes or expects */
export function readTutorial(name: string): TutorialStep[] {
  const text = readFileSync(new URL(`../../${name}`, import.meta.url), 'utf8');
  const steps: TutorialStep[] = [];
  for (const block of text.matchAll(/^```(\w+) ?(.*)\n([\s\S]*?)^```$/gm)) {
    const [, language = '', argument = '', body = ''] = block;
    const line = text.slice(0, block.index).split('\n').length;
    if (language !== 'text') {
      const kind = kindOf(language, argument, `${name}:${line}`);
      steps.push({ line, kind, argument: argument.replace(/^until /, ''), body, expected: [] });
      continue;
    }
    const step = steps.at(-1);
    if (step === undefined || step.kind === 'check' || step.kind === 'file')
      throw new Error(`${name}:${line}: nothing is executed that could print this`);
    steps[steps.length - 1] = { ...step, expected: body.trimEnd().split('\n').map(patternOf) };
  }
  return steps;
}

function patternOf(line: string): RegExp {
  const parts = line.split('…').map((part) => part.replaceAll(/[\\^$.*+?()[\]{}|]/g, '\\$&'));
  return new RegExp(parts.join('.*'), 'g');
}

/** What the output lacks of what is expected in this order; empty when it has it all. */
export function missingOf(output: string, expected: readonly RegExp[]): string[] {
  let position = 0;
  return expected.flatMap((pattern) => {
    pattern.lastIndex = position;
    const found = pattern.exec(output);
    if (found === null) return [pattern.source];
    position = pattern.lastIndex;
    return [];
  });
}
