/** Fires at the first SIGTERM, SIGINT or SIGHUP; the third ends the process at once. */
export function stopSignal(): AbortSignal {
  const controller = new AbortController();
  let count = 0;
  for (const name of ['SIGTERM', 'SIGINT', 'SIGHUP'] as const)
    process.on(name, () => {
      if (++count >= 3) process.exit(130);
      controller.abort(name);
    });
  return controller.signal;
}
