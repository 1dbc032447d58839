import { type DurationUnit, MS_PER_UNIT } from '../config/option-kinds.ts';
import { TickwireError } from '../errors.ts';

/**
 * The value of `--for`, in ms. A plain number counts seconds.
 * @throws TickwireError COMMAND_INVALID
 */
export function readDuration(text: string): number {
  const [, value, unit = 's'] = /^(\d+(?:\.\d+)?)(ms|s|m|h)?$/.exec(text) ?? [];
  const ms = Number(value) * MS_PER_UNIT[unit as DurationUnit];
  if (ms > 0) return ms;
  throw new TickwireError('COMMAND_INVALID', `--for is "${text}"; it must be a time such as 90s, 10m or 6h.`);
}
