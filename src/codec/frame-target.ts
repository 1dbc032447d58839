/** Memory that frames are encoded into. */

/** Two views of the same memory, which begin at the same byte. */
export interface FrameTarget {
  readonly bytes: Uint8Array;
  readonly view: DataView;
}

/** A target with memory of its own. */
export interface FrameSlab extends FrameTarget {
  readonly bytes: Buffer;
}

/** Memory for `byteLength` bytes of frames; not cleared. */
export function createFrameTarget(byteLength: number): FrameSlab {
  const bytes = Buffer.allocUnsafeSlow(byteLength);
  return { bytes, view: new DataView(bytes.buffer, bytes.byteOffset, byteLength) };
}
