/** Acts on all items, at most `size` at once: Temporal takes only so many things in flight. */
export async function inWindows<T>(items: readonly T[], size: number, act: (item: T) => Promise<void>): Promise<void> {
  const queue = [...items];
  await Promise.all(
    Array.from({ length: Math.min(size, queue.length) }, async () => {
      for (let item = queue.shift(); item !== undefined; item = queue.shift()) await act(item);
    }),
  );
}
