/** Many requests at once, as many clients would send them. */

const PARALLEL = 32;

/** `work(0)` to `work(count - 1)`, 32 at a time. */
export async function inParallel(count: number, work: (index: number) => Promise<unknown>): Promise<void> {
  let next = 0;
  const worker = async (): Promise<void> => {
    while (next < count) await work(next++);
  };
  await Promise.all(Array.from({ length: Math.min(PARALLEL, count) }, worker));
}
