/**
 * A shape as JSON text: the texts between its numbers, which never change, and the numbers' kinds and places. Both are kept
 * once for all encoders of a thread, but for long texts, which are those that name an instrument: 3000 encoders of a view
 * read the same few lines of memory. What is kept stays: there are as many texts as keys, and plans as kinds of messages.
 */
import { pythonString } from './server-message.ts';
import { FIELD, Field, type Shape } from './tick-shape.ts';

/** Texts are copied in blocks of so many bytes. ASCII is safe in a double: a NaN would have the byte 7f or ff. */
export const BLOCK_BYTES = 8;
/** Longer texts are the encoder's own. */
export const SHARED_BYTES = 32;
const TEXT_BLOCKS = SHARED_BYTES / BLOCK_BYTES;

/** The kind of the step that ends a plan: text alone. */
export const NO_NUMBER = 15;

/** A step of a plan is the text before a number, and the number: two words. */
export const STEP_WORDS = 2;
/** In the first word the kind, and above it what the kind takes. */
export const KIND_BITS = 4;
/** In the second word the length of a shared text, and above it where its blocks are; or that it is the encoder's own. */
export const LENGTH_BITS = 8;
export const OWN_TEXT = -1;

/** Far more than there are texts between numbers (some hundred) and kinds of messages (some thousand at worst). */
const TEXTS_LIMIT = 1 << 15;
const PLANS_LIMIT = 1 << 20;

/** The blocks of all shared texts, and the steps of all plans. Arrays that never move: what reads them knows where they are. */
export const texts = new Float64Array(TEXTS_LIMIT);
export const plans = new Int32Array(PLANS_LIMIT);

const knownTexts = new Map<string, number>();
const knownPlans = new Map<string, number>();
let textsEnd = 0;
let plansEnd = 0;

export interface JsonLayout {
  /** Where the plan begins and ends in `plans`. */
  readonly plan: number;
  readonly planEnd: number;
  /** The texts that are the encoder's own, in order. */
  readonly ownTexts: readonly string[];
  /** Bytes of all texts. */
  readonly textBytes: number;
  readonly numbers: number;
}

/** Appends to the texts between the fields, of which the last is still open, and to the fields. */
function collect(shape: Shape, between: string[], fields: Field[]): void {
  const add = (text: string): void => {
    between.push((between.pop() ?? '') + text);
  };
  if (shape instanceof Field) {
    const mark = shape.kind === FIELD.RECEIVE_ISO ? '"' : '';
    add(mark);
    fields.push(shape);
    between.push(mark);
  } else if (typeof shape !== 'object' || shape === null) {
    add(typeof shape === 'string' ? pythonString(shape) : String(shape));
  } else {
    const isArray = Array.isArray(shape);
    let before = isArray ? '[' : '{';
    if (Object.keys(shape).length === 0) add(before);
    for (const [key, member] of Object.entries<Shape>(shape)) {
      add(isArray ? before : `${before}${pythonString(key)}: `);
      collect(member, between, fields);
      before = ', ';
    }
    add(isArray ? ']' : '}');
  }
}

/** The bytes of a text as blocks; the last one ends in zeros. */
export function blocksOf(text: string): Float64Array {
  const count = Math.ceil(text.length / BLOCK_BYTES);
  const bytes = Buffer.alloc(count * BLOCK_BYTES);
  bytes.write(text, 'latin1');
  return Float64Array.from({ length: count }, (_, i) => bytes.readDoubleLE(i * BLOCK_BYTES));
}

/** @throws RangeError when there is no more room */
function reserve(end: number, size: number, limit: number): number {
  if (end + size > limit)
    throw new RangeError(`JSON layouts take more than ${limit} words: too many kinds of messages`);
  return end + size;
}

/** @returns where the blocks of a shared text are */
function shareText(text: string): number {
  let at = knownTexts.get(text);
  if (at === undefined) {
    at = textsEnd;
    textsEnd = reserve(at, TEXT_BLOCKS, TEXTS_LIMIT);
    texts.set(blocksOf(text), at);
    knownTexts.set(text, at);
  }
  return at;
}

/** Where a shape's texts and numbers are. Allocates: once for an encoder and a form of its ticks. */
export function jsonLayout(shape: Shape): JsonLayout {
  const between: string[] = [''];
  const fields: Field[] = [];
  collect(shape, between, fields);
  const steps = between.flatMap((text, i) => {
    const { kind, at } = fields[i] ?? { kind: NO_NUMBER, at: 0 };
    const isShared = text.length <= SHARED_BYTES;
    return [kind | (at << KIND_BITS), isShared ? text.length | (shareText(text) << LENGTH_BITS) : OWN_TEXT];
  });
  const key = steps.join();
  let plan = knownPlans.get(key);
  if (plan === undefined) {
    plan = plansEnd;
    plansEnd = reserve(plan, steps.length, PLANS_LIMIT);
    plans.set(steps, plan);
    knownPlans.set(key, plan);
  }
  return {
    plan,
    planEnd: plan + steps.length,
    ownTexts: between.filter((text) => text.length > SHARED_BYTES),
    textBytes: between.reduce((sum, text) => sum + text.length, 0),
    numbers: fields.length,
  };
}
