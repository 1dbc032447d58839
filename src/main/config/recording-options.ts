/** Options of the black box: the last minutes of what came from the broker, kept on disk. */
import { integerOption, stringOption } from './option-kinds.ts';

const MIB = 1024 * 1024;

export const RECORDING_OPTIONS = {
  blackBoxMinutes: integerOption({
    env: 'TICKWIRE_BLACK_BOX_MINUTES',
    default: 0,
    min: 0,
    max: 10_080,
    unit: 'minutes',
    doc: 'How much of what brokers send is kept on disk, for tickwire record --from-black-box; 0 keeps nothing.',
  }),
  blackBoxBytes: integerOption({
    env: 'TICKWIRE_BLACK_BOX_BYTES',
    default: 512 * MIB,
    min: 16 * MIB,
    max: 1024 * 1024 * MIB,
    unit: 'bytes',
    doc: 'Size that the black box of one broker connection may have; when it is reached, the oldest part goes.',
  }),
  blackBoxDir: stringOption({
    env: 'TICKWIRE_BLACK_BOX_DIR',
    default: 'db/black-box',
    doc: 'Directory of the black box, relative to the working directory.',
  }),
};
