/** A word that no other thread can reach: the module, and with it this memory, exists once per thread. */
const fenceWord = new Int32Array(new SharedArrayBuffer(4));

/**
 * Keeps plain memory accesses on their side of an atomic one, which `Atomics.load` and `Atomics.store` alone do not do:
 * on ARM a sequentially consistent store is a release (later plain stores may become visible before it), and a
 * sequentially consistent load is an acquire (earlier plain loads may be done after it).
 *
 * The fence is an atomic read-modify-write, whose read is an acquire and whose write is a release. ARMv8 keeps
 * [release, acquire], [acquire, anything] and [anything, release] in program order, hence both uses hold, with one
 * instruction (LSE) and with an exclusive pair alike:
 *
 * - `Atomics.store(a); fence; plain stores`: store of `a` (release) → read of the fence (acquire) → plain stores.
 *   A read-modify-write on `a` itself would not do: later stores may overtake the write of an exclusive pair.
 * - `plain loads; fence; Atomics.load(a)`: plain loads → write of the fence (release) → load of `a` (acquire).
 *
 * On x86-64 it is a locked instruction on a line that stays in the core's own cache.
 * Any thread; neither allocates nor throws.
 */
export function memoryFence(): void {
  Atomics.add(fenceWord, 0, 1);
}
